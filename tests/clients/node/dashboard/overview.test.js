import assert from 'node:assert/strict';
import test, { after } from 'node:test';

import { backend, backendWith } from '../support/backend.js';
import { connected, pusherClient, subscribe } from '../support/clients.js';
import { closeBrowser, open, settled } from '../support/dashboard.js';
import { unique } from '../support/options.js';
import { startServer } from '../support/server.js';
import { app, host } from '../support/settings.js';

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

test('the chart of 60 days sums all apps, however many there are', async (t) => {
  const password = 'a password of this test';
  const env = { CLAIRON_DASHBOARD_PASSWORD: password, CLAIRON_STATISTICS_INTERVAL_SECONDS: '1' };
  const { port } = await startServer(t, { env });
  const page = await open(t, '/overview', { server: { port, password } });
  await settled(page, 'Overview');
  const call = (method, path, data) =>
    page.context().request.fetch(`http://${host}:${port}/admin/api/${path}`, { method, data, headers: { 'X-Clairon-Dashboard': '1' } });
  for (let number = 1; number < 130; number += 1) assert.equal((await call('POST', 'apps', { name: `Shop ${number}` })).status(), 201);
  const last = await (await call('POST', 'apps', { name: 'The last shop' })).json();
  // Two apps have a connection each, and an event each. The server lists more apps than the overview shows.
  const shops = [{ appId: app.id, key: app.key, secret: app.secret }, { appId: last.id, key: last.key, secret: last.secret }];
  for (const shop of shops) {
    await connected(pusherClient(t, { key: shop.key, wsPort: port }));
    await backendWith({ ...shop, port }).trigger('news', 'greeting', 'hello');
  }
  const total = async () => {
    const { entries } = await (await call('GET', 'statistics?step_seconds=86400')).json();
    return entries.reduce((sum, entry) => [sum[0] + entry.api_messages, Math.max(sum[1], entry.peak_connections)], [0, 0]);
  };
  for (let sum = [0, 0]; sum[0] < 2 || sum[1] < 2; sum = await total()) await page.waitForTimeout(100);

  await page.getByText('60 days', { exact: true }).click();
  await page.locator('.chart[aria-label="Most connections of a day: 0 – 2"] canvas').waitFor();
  await page.getByRole('button', { name: /^API calls/ }).click();
  await page.locator('.chart[aria-label="API events a day: 0 – 2"] canvas').waitFor();
  // One app alone has its own.
  await page.goto(page.url().replace(/#.*/, `#/overview?app=${last.id}`));
  await page.locator('.chart[aria-label="API events a day: 0 – 1"] canvas').waitFor();
});
