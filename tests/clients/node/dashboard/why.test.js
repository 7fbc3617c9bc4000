import assert from 'node:assert/strict';
import test, { after } from 'node:test';

import { backend, backendWith } from '../support/backend.js';
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
  const { verdict } = await answer.json();
  await page.locator(`[data-verdict="${verdict}"]`).waitFor();
  // Words of the page, not those of the server, which would be marked as English.
  assert.match(await page.locator('.verdict-answer:not([lang])').textContent(), /^[^{}]{20,}$/);
  return verdict;
}

/** Calls the admin API as the page does. */
const call = (page, method, path, body) =>
  page.evaluate(
    async ([method, path, body]) => {
      const headers = { 'Content-Type': 'application/json', 'X-Clairon-Dashboard': '1' };
      const answer = await fetch(`../admin/api/${path}`, { method, headers, body });
      return answer.status === 204 ? null : answer.json();
    },
    [method, path, body],
  );

test('each way to miss an event has its answer in words', async (t) => {
  const page = await open(t, `/why?app=${app.id}`);
  await settled(page, 'Why?');
  // The recorder runs while somebody looks. Of another app's event only those know who look at all apps.
  const live = await open(t, '/live');
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
  await page.getByText("With Echo, listen('OrderPaid') gets it").waitFor();
  assert.equal(await verdict(page, { event: 'order-shipped', channel: name, socket: id }), 'name_differs');
  await page.getByText("With Echo, listen('.order.shipped') gets it").waitFor();
  assert.equal(await verdict(page, { event: '.order.shipped', channel: name, socket: id }), 'delivered');
  await page.getByText('In Echo a leading dot stands for a name without namespace.').waitFor();

  assert.equal(await verdict(page, { event: 'order.shipped', channel: name.slice('private-'.length), socket: id }), 'channel_differs');
  await page.getByText('Echo.private() adds private-').waitFor();

  const shop = await call(page, 'POST', 'apps', '{"name":"Another shop"}');
  const elsewhere = pusherClient(t, { key: shop.key });
  const elsewhereId = await connected(elsewhere);
  assert.equal(await verdict(page, { event: 'order.shipped', channel: name, socket: elsewhereId }), 'other_app');
  await backendWith({ appId: shop.id, key: shop.key, secret: shop.secret }).trigger('news', 'order.elsewhere', 'x');
  assert.equal(await verdict(page, { event: 'order.elsewhere', channel: 'news', socket: id }), 'other_app');
  await page.getByText(`for another app, ${shop.id}`).waitFor();
  await call(page, 'DELETE', `apps/${shop.id}`);

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
