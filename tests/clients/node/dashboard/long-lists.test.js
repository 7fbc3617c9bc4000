import assert from 'node:assert/strict';
import test, { after } from 'node:test';

import { violations } from '../support/axe.js';
import { closeBrowser, open, settled } from '../support/dashboard.js';

after(closeBrowser);

const TOTAL = 100_000;

/** The connections from `start` on of a server that has very many. */
function pageOf(start, limit) {
  const connections = Array.from({ length: limit }, (_, index) => ({
    socket_id: `${start + index + 1}.1`,
    peer: '192.0.2.1',
    connected_at: new Date().toISOString(),
    user_id: `user-${start + index + 1}`,
    signed_in: true,
    library: 'js 8.4.0',
    channels: 3,
    queued_bytes: 0,
    queued_frames: 0,
    blocked_milliseconds: 0,
  }));
  return { scope: { nodes: 'all' }, total: TOTAL, connections, next: `${start + limit}.1` };
}

test('a list of a hundred thousand shows a thousand rows, and leads to the search', async (t) => {
  const page = await open(t, '/checks');
  await settled(page, 'Set-up check');
  await page.route(/\/connections\?/, (route) => {
    const query = new URL(route.request().url()).searchParams;
    const start = Math.floor(Number(query.get('after') ?? '0'));
    const answer = query.get('search') ? { ...pageOf(76_543, 1), total: 1, next: null } : pageOf(start, Number(query.get('limit')));
    return route.fulfill({ json: answer });
  });
  await page.locator('.side').getByRole('link', { name: 'Connections' }).click();
  await page.getByText('100,000 connections').waitFor();
  const rows = page.locator('tbody tr');
  const more = page.getByRole('button', { name: 'Show more' });
  for (let count = 100; count < 1_000; count += 100) {
    assert.equal(await rows.count(), count);
    await more.click();
    await page.waitForFunction((count) => document.querySelectorAll('tbody tr').length > count, count);
  }
  await page.getByText('The first 1,000 are shown. Search to find the others.').waitFor();
  assert.deepEqual([await rows.count(), await more.count()], [1_000, 0]);
  await page.getByLabel('Search connections').fill('76544.1');
  await page.getByText('1 connection', { exact: true }).waitFor();
  await page.getByRole('link', { name: '76544.1' }).waitFor();
  assert.equal(await rows.count(), 1);
});

const APPS = 10_000;

const manyApp = (number) => ({ id: `many-${number}`, key: `key-${number}`, name: `Shop number ${number}`, enabled: number % 7 !== 0 });

/** Lets the page see a server with ten thousand apps. */
async function routeManyApps(page) {
  const all = Array.from({ length: APPS }, (_, number) => manyApp(number));
  await page.route(/\/admin\/api\/apps(\?|$)/, (route) => {
    const query = new URL(route.request().url()).searchParams;
    const [search, limit] = [query.get('search') ?? '', Number(query.get('limit') ?? 100)];
    const found = all.filter(({ id, name }) => id.includes(search) || name.toLowerCase().includes(search.toLowerCase()));
    const start = query.has('after') ? found.findIndex(({ id }) => id === query.get('after')) + 1 : 0;
    const apps = found.slice(start, start + limit);
    return route.fulfill({ json: { total: found.length, apps, next: start + limit < found.length ? apps.at(-1).id : null } });
  });
  await page.route(/\/admin\/api\/apps\/many-\d+$/, (route) => {
    const number = Number(/\d+$/.exec(route.request().url())[0]);
    return route.fulfill({ json: manyApp(number) });
  });
  await page.route(/\/admin\/api\/apps\/many-\d+\/channels/, (route) =>
    route.fulfill({ json: { scope: { nodes: 'all' }, total: 0, channels: [], next: null } }),
  );
}

test('one of ten thousand apps is found in the list', async (t) => {
  const page = await open(t, '/checks');
  await settled(page, 'Set-up check');
  await routeManyApps(page);
  await page.locator('.side').getByRole('link', { name: 'Apps' }).click();
  await page.getByText('10,000 apps').waitFor();
  const rows = page.locator('tbody tr');
  assert.equal(await rows.count(), 100);
  await page.getByRole('button', { name: 'Show more' }).click();
  await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 200);
  await page.getByLabel('Search apps').fill('NUMBER 9876');
  await page.getByText('1 app', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'Shop number 9876' }).waitFor();
  await page.getByLabel('Search apps').fill('no such app');
  await page.getByText('No app matches').waitFor();
});

test('one of ten thousand apps is chosen by a search, with the keyboard alone', async (t) => {
  const page = await open(t, '/checks');
  await settled(page, 'Set-up check');
  await routeManyApps(page);
  await page.locator('.side').getByRole('link', { name: 'Channels' }).click();
  await settled(page, 'Channels');
  const picker = page.getByRole('button', { name: /^App: / });
  await picker.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('50 of 10,000 apps. Search to find the others.').waitFor();
  assert.deepEqual(await violations(page), []);
  // The field for the search has the focus.
  await page.keyboard.type('number 9876');
  await dialog.getByRole('button', { name: 'Shop number 9876' }).waitFor();
  await dialog.getByRole('button', { name: 'Shop number 1' }).first().waitFor({ state: 'detached' });
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'App: Shop number 9876' }).waitFor();
  assert.match(page.url(), /app=many-9876/);
  await page.getByText('No channel has a subscriber').waitFor();
  // A copied link shows the same app, although it is beyond the first ones.
  await page.reload();
  await page.getByRole('button', { name: 'App: Shop number 9876' }).waitFor();
  // A link to none of them says so.
  await page.goto(page.url().replace('many-9876', 'nobody'));
  await page.getByText('There is no such app').waitFor();
});
