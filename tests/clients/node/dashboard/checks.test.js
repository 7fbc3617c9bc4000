import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import test, { after } from 'node:test';

import { closeBrowser, open, settled } from '../support/dashboard.js';
import { host, port } from '../support/settings.js';

after(closeBrowser);

const states = (page) => page.locator('[data-step]').evaluateAll((steps) => steps.map(({ dataset }) => `${dataset.step} ${dataset.state}`));

test("the server's checks are shown, those that fail first", async (t) => {
  const page = await open(t, '/checks');
  await settled(page, 'Set-up check');
  await page.locator('[data-check]').first().waitFor();
  const order = await page.locator('[data-check]').evaluateAll((checks) => checks.map((check) => check.className));
  const rank = order.map((name) => ['error', 'warning', 'ok'].findIndex((state) => name.includes(state)));
  assert.deepEqual(rank, rank.toSorted());
});

test('the test in the page opens a WebSocket and sends an event around', async (t) => {
  const page = await open(t, '/checks');
  await settled(page, 'Set-up check');
  await page.getByRole('button', { name: 'Test the WebSocket' }).click();
  await page.getByText('The WebSocket works from this browser.').waitFor();
  assert.deepEqual(
    await states(page),
    ['page', 'open', 'established', 'subscribed', 'event', 'pong'].map((step) => `${step} ok`),
  );
});

test('a WebSocket that does not open, and a refusal of the server, are told in words', async (t) => {
  const page = await open(t, '/checks', { role: 'viewer' });
  await settled(page, 'Set-up check');
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port: closedPort } = free.address();
  free.close();
  await page.getByLabel('URL of the server').fill(`http://127.0.0.1:${closedPort}`);
  await page.getByRole('button', { name: 'Test the WebSocket' }).click();
  await page.getByText('The browser closed it with 1006').waitFor();
  assert.equal((await states(page)).at(-1), 'open failed');
  await page.getByLabel('URL of the server').fill(`http://${host}:${port}`);
  await page.getByRole('button', { name: 'Test the WebSocket' }).click();
  await page.getByText('The WebSocket works from this browser.').waitFor();
  assert.ok((await states(page)).includes('event skipped'));
});
