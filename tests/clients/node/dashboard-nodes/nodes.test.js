import assert from 'node:assert/strict';
import test, { after } from 'node:test';

import { backend, backendWith } from '../support/backend.js';
import { connected, pusherClient, subscribe } from '../support/clients.js';
import { closeBrowser, open, settled } from '../support/dashboard.js';
import { unique } from '../support/options.js';
import { app } from '../support/settings.js';

after(closeBrowser);

const otherPort = Number(process.env.CLAIRON_OTHER_PORT);
/** The tag that says which nodes a page, or a part of it, covers. */
const ALL = 'all nodes';

const tag = (place, text) => place.locator('.tag').getByText(text).first().waitFor();

test('every page shows all nodes, or says which it shows', async (t) => {
  const room = unique('presence-nodes');
  const here = pusherClient(t, { user: 'ada' });
  const there = pusherClient(t, { user: 'bob', wsPort: otherPort });
  const [hereId, thereId] = await Promise.all([connected(here), connected(there)]);
  await subscribe(here, room);
  await subscribe(there, room);

  const page = await open(t);
  await settled(page, 'Overview');
  const go = async (path, heading) => {
    await page.goto(`${page.url().split('#')[0]}#${path}${path.includes('?') ? '&' : '?'}app=${app.id}`);
    await settled(page, heading);
  };
  const head = page.locator('.page-head');
  const node = await page.evaluate(async () => (await (await fetch('../admin/api/session')).json()).server.node);

  // The figures, the chart and the table of apps are those of all nodes, which are listed.
  const nodes = page.locator('.card').filter({ has: page.getByRole('heading', { name: 'Nodes' }) }).getByRole('row');
  await nodes.nth(2).waitFor();
  assert.equal(await nodes.filter({ hasText: 'this page' }).count(), 1);
  await tag(head, ALL);
  await page.waitForFunction(() => document.querySelector('.tile-value').textContent === '2');
  const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: app.id }) });
  await row.getByRole('cell', { name: '2', exact: true }).waitFor();

  // The counts and members of a channel are those of all nodes. Its subscribers and its feed are those of one.
  await go('/channels', 'Channels');
  const channel = page.getByRole('row').filter({ has: page.getByRole('link', { name: room }) });
  await channel.getByRole('cell', { name: '2', exact: true }).nth(1).waitFor();
  await tag(head, ALL);
  await channel.getByRole('link').click();
  for (const user of ['ada', 'bob']) await page.getByRole('link', { name: user, exact: true }).waitFor();
  await tag(head, ALL);
  await tag(page.locator('.card').filter({ has: page.getByRole('heading', { name: 'Subscribers' }) }), node);
  await tag(page.locator('.channel-feed'), node);

  const elsewhere = unique('elsewhere');
  await subscribe(there, elsewhere);
  await go(`/channels/${elsewhere}`, elsewhere);
  await page.getByText('Nobody on this node.').waitFor();

  await go('/connections', 'Connections');
  await page.getByRole('link', { name: hereId, exact: true }).waitFor();
  assert.equal(await page.getByRole('link', { name: thereId, exact: true }).count(), 0);
  await tag(head, node);
  await go(`/connections/${hereId}`, hereId);
  await tag(head, node);
  await go(`/connections/${thereId}`, thereId);
  await page.getByText('it was on another node').waitFor();

  await go('/live', 'Live');
  await page.getByText(`What happens on node ${node}`).waitFor();
  // An event of another node is shown where it reaches subscribers, and so is its receiver here.
  await backendWith({ port: otherPort }).trigger(room, 'from.there', 'x');
  await page.locator('.activity').filter({ hasText: 'from.there' }).filter({ hasText: '1 receiver' }).click();
  await page.locator('.details').getByText('another node').waitFor();

  await backend.trigger(room, 'from.here', 'x');
  for (const [id, verdict] of [
    [hereId, 'delivered'],
    [thereId, 'unknown_connection'],
  ]) {
    await go('/channels', 'Channels');
    await go(`/why?event=from.here&channel=${room}&socket_id=${id}`, 'Why?');
    await page.locator(`[data-verdict=${verdict}]`).waitFor();
    await tag(page.locator('.card'), node);
  }
  await page.getByText('The other nodes are not asked.').waitFor();

  // The receivers of an event are those of all nodes.
  await go(`/events?channel=${room}&event=to.all`, 'Event creator');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.getByText('2 receivers').waitFor();

  await go('/checks', 'Set-up check');
  await tag(page.locator('.card').filter({ has: page.getByRole('heading', { name: 'On the server' }) }), node);
  await page.locator('[data-check=redis]').getByText('It answers').waitFor();

  // The apps, their keys and their endpoints are in the database that all nodes share.
  await go('/apps', 'Apps');
  assert.equal(await page.locator('.tag').count(), 0);
});
