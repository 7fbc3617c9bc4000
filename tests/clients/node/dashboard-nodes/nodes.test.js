import assert from 'node:assert/strict';
import test, { after } from 'node:test';

import { connected, pusherClient, subscribe } from '../support/clients.js';
import { closeBrowser, open, settled } from '../support/dashboard.js';
import { unique } from '../support/options.js';
import { app } from '../support/settings.js';

after(closeBrowser);

const otherPort = Number(process.env.CLAIRON_OTHER_PORT);

test('every page shows all nodes, or says which it shows', async (t) => {
  const room = unique('presence-nodes');
  const here = pusherClient(t, { user: 'ada' });
  const there = pusherClient(t, { user: 'bob', wsPort: otherPort });
  const [hereId] = await Promise.all([connected(here), connected(there)]);
  await subscribe(here, room);
  await subscribe(there, room);

  const page = await open(t);
  await settled(page, 'Overview');
  await page.waitForFunction(() => document.querySelectorAll('table').length === 2);
  const nodes = page.locator('.card').filter({ has: page.getByRole('heading', { name: 'Nodes' }) }).getByRole('row');
  await nodes.nth(2).waitFor();
  assert.equal(await nodes.filter({ hasText: 'this page' }).count(), 1);
  await page.locator('.page-head .tag').waitFor();

  // The counts and members of a channel are those of all nodes.
  await page.goto(`${page.url().split('#')[0]}#/channels?app=${app.id}`);
  const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: room }) });
  await row.getByRole('cell', { name: '2', exact: true }).nth(1).waitFor();
  await page.locator('.page-head .tag').waitFor();
  await row.getByRole('link').click();
  for (const user of ['ada', 'bob']) await page.getByRole('link', { name: user, exact: true }).waitFor();
  await page.locator('.card .tag').waitFor();

  await page.goto(`${page.url().split('#')[0]}#/connections?app=${app.id}`);
  await page.getByRole('link', { name: hereId, exact: true }).waitFor();
  await page.locator('.page-head .tag').waitFor();

  await page.goto(`${page.url().split('#')[0]}#/live`);
  await page.getByText('Open the dashboard of another node').waitFor();
});
