import assert from 'node:assert/strict';
import test, { after } from 'node:test';

import { backend } from '../support/backend.js';
import { connected, pusherClient, subscribe } from '../support/clients.js';
import { closeBrowser, open, settled } from '../support/dashboard.js';
import { unique } from '../support/options.js';
import { app } from '../support/settings.js';

after(closeBrowser);

test('the overview has the figures of the app, charts of the last hour and of 60 days, and the nodes', async (t) => {
  const clients = [pusherClient(t), pusherClient(t), pusherClient(t)];
  for (const client of clients) await connected(client);
  const name = unique('overview');
  await subscribe(clients[0], name);
  await backend.trigger(name, 'greeting', 'hello');
  const page = await open(t);
  await settled(page, 'Overview');

  const tile = (label) => page.locator('.tile').filter({ hasText: label }).locator('.tile-value');
  await page.waitForFunction(() => Number(document.querySelector('.tile-value')?.textContent) >= 3);
  for (const label of ['Messages / s', 'API calls / s', 'Delivery, p99', 'Refusals / min']) {
    assert.match(await tile(label).textContent(), /^(–|[\d.]+(\sms|\ss)?)$/, label);
  }
  const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: app.id }) });
  assert.ok(Number(await row.getByRole('cell').first().textContent()) >= 3);

  const chart = page.locator('.chart');
  await chart.locator('canvas').waitFor();
  assert.match(await chart.getAttribute('aria-label'), /^Connections/);
  await page.getByRole('button', { name: /^Messages/ }).click();
  await page.locator('.chart[aria-label^="Messages / s"] canvas').waitFor();
  await page.getByText('60 days', { exact: true }).click();
  await page.locator('.chart[aria-label^="Messages a day"] canvas, .chart-place .empty').waitFor();

  const node = page.getByRole('row').filter({ hasText: 'this page' });
  assert.match(await node.textContent(), /ready/);
});
