import assert from 'node:assert/strict';
import test, { after } from 'node:test';

import { backend } from '../support/backend.js';
import { connected, pusherClient, signIn, subscribe } from '../support/clients.js';
import { closeBrowser, open, settled } from '../support/dashboard.js';
import { awaited, Heard } from '../support/heard.js';
import { unique } from '../support/options.js';
import { app } from '../support/settings.js';

after(closeBrowser);

const lines = (page, text) => page.locator('.activity').filter({ hasText: text });

async function watching(page) {
  await settled(page, 'Live');
  await page.getByText('Watching', { exact: true }).waitFor();
}

test('connections, subscriptions, events of both kinds and refusals appear as they happen', async (t) => {
  const page = await open(t, '/live');
  await watching(page);
  const client = pusherClient(t, { user: 'ada' });
  const id = await connected(client);
  await lines(page, id).filter({ hasText: 'connected' }).first().waitFor();
  await signIn(client);
  await lines(page, 'signed in').filter({ hasText: 'ada' }).first().waitFor();
  const name = unique('private-live');
  const channel = await subscribe(client, name);
  await lines(page, name).filter({ hasText: 'subscribed' }).first().waitFor();
  await backend.trigger(name, 'order.shipped', { order: 7 });
  await lines(page, 'order.shipped').filter({ hasText: '1 receiver' }).first().waitFor();
  channel.trigger('client-typing', { by: 'ada' });
  await lines(page, 'client-typing').first().waitFor();
  client.subscribe(unique('private-forged'));
  await lines(page, 'subscription refused').filter({ hasText: 'signature' }).first().waitFor();
  client.disconnect();
  await lines(page, id).filter({ hasText: 'disconnected' }).first().waitFor();
});

test('filters by kind, channel glob, event, socket id, user and text are part of the link', async (t) => {
  const client = pusherClient(t);
  const [wanted, other] = [unique('filter-wanted'), unique('filter-other')];
  const id = await connected(client);
  await subscribe(client, wanted);
  await subscribe(client, other);
  const page = await open(t, '/live');
  await watching(page);
  await page.getByRole('button', { name: 'Events', exact: true }).click();
  await page.getByLabel('Channel').fill('filter-want*');
  await page.getByLabel('Event', { exact: true }).fill('greet*');
  await page.getByLabel('Text').fill('needle');
  await page.waitForFunction(() => ['kind=events', 'channel=', 'event=', 'text='].every((part) => location.hash.includes(part)));
  await watching(page);
  await backend.trigger(other, 'greeting', 'needle');
  await backend.trigger(wanted, 'farewell', 'needle');
  await backend.trigger(wanted, 'greeting', 'hay');
  await backend.trigger(wanted, 'greeting', 'needle at last');
  await lines(page, 'needle at last').waitFor();
  assert.equal(await page.locator('.activity').count(), 1);

  await page.getByRole('button', { name: 'Reset filters' }).click();
  await page.getByLabel('Socket id').fill(id);
  await page.waitForFunction((id) => location.hash.includes(id), id);
  await watching(page);
  client.unsubscribe(other);
  await lines(page, 'unsubscribed').filter({ hasText: other }).waitFor();
  // A copied link shows the same.
  await page.reload();
  await watching(page);
  assert.equal(await page.getByLabel('Socket id').inputValue(), id);
});

test('a pause holds the list and counts what waits', async (t) => {
  const page = await open(t, '/live');
  await watching(page);
  const name = unique('pause');
  await page.getByRole('button', { name: 'Pause' }).click();
  await backend.trigger(name, 'during', 'x');
  await page.locator('.feed-waiting').waitFor();
  assert.equal(await lines(page, name).count(), 0);
  await page.getByRole('button', { name: 'Resume' }).click();
  await lines(page, name).waitFor();
});

test('details show formatted JSON, and an event is sent again as it was', async (t) => {
  const heard = new Heard();
  const name = unique('resend');
  const channel = await subscribe(pusherClient(t), name);
  channel.bind('order.shipped', heard.as('order.shipped'));
  const left = pusherClient(t);
  const leftOut = await connected(left);
  (await subscribe(left, name)).bind('order.shipped', heard.as('left out'));
  const page = await open(t, '/live');
  await watching(page);
  const data = { order: 7, lines: [{ sku: 'A-1', quantity: 2 }], note: 'é "quoted"' };
  await backend.trigger(name, 'order.shipped', data, { socket_id: leftOut });
  assert.deepEqual(await heard.next('order.shipped'), data);
  await lines(page, name).filter({ hasText: 'order.shipped' }).first().click();
  const details = page.getByRole('complementary', { name: 'Details' }).or(page.getByRole('dialog'));
  assert.equal(await details.locator('pre').textContent(), JSON.stringify(data, null, 2));
  await details.getByRole('button', { name: 'Resend' }).click();
  assert.deepEqual(await heard.next('order.shipped'), data);
  await details.getByText('Sent again.').waitFor();
  // Events come in order, so the second would be there.
  await backend.trigger(name, 'order.shipped', 'last');
  await heard.next('left out');
  assert.deepEqual(heard.names.filter((heard) => heard === 'left out'), ['left out']);
});

test('the longest event that the app allows is sent again, one with a hidden secret is not', async (t) => {
  const heard = new Heard();
  const name = unique('long');
  (await subscribe(pusherClient(t), name)).bind('report', heard.as('report'));
  const page = await open(t, '/live');
  await watching(page);
  const data = { rows: Array.from({ length: 3_660 }, (_, row) => ({ row, cell: 'é€' })) };
  assert.ok(Buffer.byteLength(JSON.stringify(data)) > 100_000);
  await backend.trigger(name, 'report', data);
  assert.deepEqual(await heard.next('report'), data);
  await lines(page, name).filter({ hasText: 'report' }).first().click();
  const details = page.getByRole('complementary', { name: 'Details' }).or(page.getByRole('dialog'));
  await details.getByText(/more characters/).waitFor();
  await details.getByRole('button', { name: 'Resend' }).click();
  assert.deepEqual(await heard.next('report'), data);
  await details.getByText('Sent again.').waitFor();
  await page.keyboard.press('Escape');

  const hidden = unique('hidden');
  await backend.trigger(hidden, 'leak', { text: `a ${app.secret} b` });
  await lines(page, hidden).first().click();
  await details.getByText('The data contains a secret').waitFor();
  assert.ok((await details.locator('pre').textContent()).includes('a [a secret] b'));
  assert.ok(await details.getByRole('button', { name: 'Resend' }).isDisabled());
});

test('thousands of events a second are sampled, all others are counted, and the page answers meanwhile', async (t) => {
  // Wide enough for the details beside the list.
  const page = await open(t, '/live?channel=flood-*', { viewport: { width: 1600, height: 900 } });
  await watching(page);
  const channels = Array.from({ length: 100 }, () => unique('flood'));
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const counted = (least) =>
    page.waitForFunction((least) => {
      const { received, missed } = document.querySelector('.feed-counts').dataset;
      return Number(received) + Number(missed) >= least;
    }, least);
  let isOver = false;
  let published = 0;
  // Each request publishes to a hundred channels, so it is a hundred activities.
  const flood = (async () => {
    while (!isOver) {
      await backend.trigger(channels, 'tick', { number: published });
      published += channels.length;
    }
  })();
  try {
    await counted(4_000);
    assert.ok((await page.locator('.virtual-row').count()) < 100);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Paused', { exact: true }).waitFor();
    await page.locator('.activity').first().click();
    await page.locator('.details pre').first().waitFor();
    const before = await background();
    await page.getByTitle('Dark').first().click();
    assert.notEqual(await background(), before);
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByText('Watching', { exact: true }).waitFor();
    await counted(20_000);
  } finally {
    isOver = true;
    await flood;
  }
  // The list follows again, and each event of the flood is in it or counted as left out.
  const last = unique('flood');
  await awaited(
    () => 'the last event',
    (resolve) => {
      const again = async () => {
        await backend.trigger(last, 'last', 'x');
        published += 1;
        if ((await lines(page, last).count()) > 0) resolve();
        else setTimeout(again, 200);
      };
      void again();
    },
  );
  await counted(published);
  const { received, missed } = await page.locator('.feed-counts').evaluate(({ dataset }) => ({ ...dataset }));
  assert.equal(Number(received) + Number(missed), published);
  assert.ok(Number(missed) > Number(received), `${received} shown, ${missed} left out`);
});
