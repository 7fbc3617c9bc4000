import assert from 'node:assert/strict';
import test, { after } from 'node:test';

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
