import assert from 'node:assert/strict';
import test, { after } from 'node:test';

import { backend } from '../support/backend.js';
import { connected, pusherClient, subscribe } from '../support/clients.js';
import { closeBrowser, open, settled } from '../support/dashboard.js';
import { unique } from '../support/options.js';

after(closeBrowser);

/** Resolves once the row of a channel begins with these figures. */
const figures = (page, name, expected) =>
  page.waitForFunction(
    ([name, expected]) => {
      const link = [...document.querySelectorAll('tbody a')].find((link) => link.textContent === name);
      const cells = [...(link?.closest('tr').querySelectorAll('td') ?? [])].map((cell) => cell.textContent);
      return expected.every((text, index) => cells[index] === text);
    },
    [name, expected],
  );

const row = (page, name) => page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });

test('the list has counts, and a search finds by text and by glob', async (t) => {
  const [plain, room] = [unique('list-plain'), unique('presence-list-room')];
  const [ada, bob] = [pusherClient(t, { user: 'ada' }), pusherClient(t, { user: 'bob' })];
  for (const client of [ada, bob]) await subscribe(client, room);
  await subscribe(ada, plain);
  const page = await open(t, '/channels');
  await settled(page, 'Channels');
  const search = page.getByLabel('Search channels');
  await search.fill('list-');
  await figures(page, room, ['2', '2']);
  await figures(page, plain, ['1']);
  await search.fill('presence-list-*');
  await row(page, plain).waitFor({ state: 'detached' });
  await row(page, room).waitFor();
  await search.fill('nothing-has-this-name');
  await page.getByText('No channel matches').waitFor();
  await search.fill('');
  await page.getByText('Presence', { exact: true }).click();
  await row(page, plain).waitFor({ state: 'detached' });
  await row(page, room).waitFor();
});

test('a channel has its members, its subscribers and a live feed', async (t) => {
  const room = unique('presence-room');
  const ada = pusherClient(t, { user: 'ada' });
  const id = await connected(ada);
  await subscribe(ada, room);
  const page = await open(t, `/channels/${room}`);
  await settled(page, room);
  await page.getByRole('link', { name: 'ada', exact: true }).waitFor();
  await page.getByText('{"name":"The ada"}').waitFor();
  await page.getByRole('link', { name: id, exact: true }).first().waitFor();
  await backend.trigger(room, 'move', { x: 1 });
  await page.locator('.activity').filter({ hasText: 'move' }).waitFor();
  await subscribe(pusherClient(t, { user: 'bob' }), room);
  await page.getByRole('link', { name: 'bob', exact: true }).waitFor();
});

test('a cache channel shows its last event', async (t) => {
  const name = unique('cache-prices');
  await subscribe(pusherClient(t), name);
  await backend.trigger(name, 'price.changed', { sku: 'A-1', price: 12.5 });
  const page = await open(t, `/channels/${name}`);
  await settled(page, name);
  const card = page.locator('.card').filter({ hasText: 'Last cached event' });
  await card.getByText('price.changed').waitFor();
  assert.equal(await card.locator('pre').textContent(), JSON.stringify({ sku: 'A-1', price: 12.5 }, null, 2));
});

test('what is typed after a pause is added to what was typed before', async (t) => {
  const page = await open(t, '/channels');
  await settled(page, 'Channels');
  const field = page.getByLabel('Search channels');
  await field.focus();
  await page.keyboard.type('one ');
  await page.waitForFunction(() => location.hash.includes('search=one'));
  await page.keyboard.type('two');
  await page.waitForFunction(() => location.hash.includes('search=one+two'));
  assert.equal(await field.inputValue(), 'one two');
});
