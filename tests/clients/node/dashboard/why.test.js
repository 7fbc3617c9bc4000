import assert from 'node:assert/strict';
import test, { after } from 'node:test';

import { backend } from '../support/backend.js';
import { connected, pusherClient, subscribe } from '../support/clients.js';
import { closeBrowser, open, settled } from '../support/dashboard.js';
import { unique } from '../support/options.js';
import { app } from '../support/settings.js';

after(closeBrowser);

/** The verdict on a question, with the words that the page shows. */
async function verdict(page, { event, channel, socket }) {
  const form = page.locator('form');
  await form.getByLabel('Event').fill(event);
  await form.getByLabel('Channel').fill(channel);
  await form.getByRole('textbox', { name: 'Connection' }).fill(socket);
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.url().includes('/why?')),
    form.getByRole('button', { name: 'Find out' }).click(),
  ]);
  const { verdict, answer: words } = await answer.json();
  await page.locator(`[data-verdict="${verdict}"]`).waitFor();
  await page.getByText(words, { exact: true }).waitFor();
  return verdict;
}

test('each way to miss an event has its answer in words', async (t) => {
  const page = await open(t, `/why?app=${app.id}`);
  await settled(page, 'Why?');
  // The recorder runs while somebody looks.
  const live = await open(t, `/live?app=${app.id}`);
  await live.getByText('Watching', { exact: true }).waitFor();

  const [one, other] = [pusherClient(t, { user: 'ada' }), pusherClient(t, { user: 'ada' })];
  const [id, otherId] = [await connected(one), await connected(other)];
  const [name, forged] = [unique('private-why'), unique('private-forged-why')];
  await subscribe(one, name);
  one.subscribe(forged);
  await live.locator('.activity').filter({ hasText: forged }).waitFor();

  await backend.trigger(name, 'order.shipped', 'x');
  assert.equal(await verdict(page, { event: 'order.shipped', channel: name, socket: id }), 'delivered');
  assert.equal(await verdict(page, { event: 'order.shipped', channel: name, socket: otherId }), 'not_subscribed');

  await backend.trigger(forged, 'order.refused', 'x');
  assert.equal(await verdict(page, { event: 'order.refused', channel: forged, socket: id }), 'subscription_refused');

  await backend.trigger(name, 'order.others', 'x', { socket_id: id });
  assert.equal(await verdict(page, { event: 'order.others', channel: name, socket: id }), 'excluded_by_to_others');

  await backend.trigger(name, 'App\\Events\\OrderPaid', 'x');
  assert.equal(await verdict(page, { event: 'OrderPaid', channel: name, socket: id }), 'name_differs');

  const late = pusherClient(t, { user: 'ada' });
  const lateId = await connected(late);
  await subscribe(late, name);
  assert.equal(await verdict(page, { event: 'order.shipped', channel: name, socket: lateId }), 'connected_after');

  assert.equal(await verdict(page, { event: unique('nothing'), channel: name, socket: id }), 'never_arrived');
});

test('a link from an activity fills in the form, and the answer of a whole question comes at once', async (t) => {
  const live = await open(t, `/live?app=${app.id}`);
  await live.getByText('Watching', { exact: true }).waitFor();
  const client = pusherClient(t);
  const id = await connected(client);
  const name = unique('why-link');
  await subscribe(client, name);
  await backend.trigger(name, 'greeting', 'x');
  await live.locator('.activity').filter({ hasText: 'greeting' }).filter({ hasText: name }).click();
  await live.getByRole('link', { name: 'Why did somebody not get it?' }).click();
  await settled(live, 'Why?');
  assert.equal(await live.getByLabel('Event').inputValue(), 'greeting');
  assert.equal(await live.getByLabel('Channel').inputValue(), name);

  const query = new URLSearchParams({ app: app.id, event: 'greeting', channel: name, socket_id: id });
  const page = await open(t, `/why?${query}`);
  await page.locator('[data-verdict="delivered"]').waitFor();
  await page.locator('.story').waitFor();
});
