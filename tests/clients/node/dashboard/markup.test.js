import assert from 'node:assert/strict';
import test, { after } from 'node:test';

import WebSocket from 'ws';

import { backend } from '../support/backend.js';
import { connected, pusherClient, subscribe } from '../support/clients.js';
import { closeBrowser, open, PAGES, settled, visit } from '../support/dashboard.js';
import { awaited } from '../support/heard.js';
import { app, host, port } from '../support/settings.js';

after(closeBrowser);

const MARKUP = '<img src=x onerror="window.wasRun=1"><script>window.wasRun=1</script>';

/** A connection whose origin and user agent carry markup. */
async function strangeConnection(t) {
  const socket = new WebSocket(`ws://${host}:${port}/app/${app.key}?protocol=7&client=${encodeURIComponent(MARKUP)}&version=1`, {
    headers: { Origin: `http://${encodeURIComponent('<b>')}.example`, 'User-Agent': MARKUP, 'X-Forwarded-For': MARKUP },
  });
  t.after(() => socket.close());
  const frame = await awaited(
    () => 'a welcome',
    (resolve) => socket.once('message', (text) => resolve(JSON.parse(text))),
  );
  return { socket, id: JSON.parse(frame.data).socket_id };
}

test('texts of peers that carry markup are shown as text on every page', async (t) => {
  const page = await open(t, '/live');
  await page.getByText('Watching', { exact: true }).waitFor();
  const { socket, id } = await strangeConnection(t);
  // A channel name with markup is refused, and the refusal repeats it.
  socket.send(JSON.stringify({ event: 'pusher:subscribe', data: { channel: MARKUP } }));
  const refused = page.locator('.activity').filter({ hasText: 'refused' }).filter({ hasText: 'onerror' });
  await refused.first().waitFor();

  const room = 'presence-markup';
  const user = `user ${MARKUP}`;
  const client = pusherClient(t, { user });
  await connected(client);
  await subscribe(client, room);
  await backend.trigger(room, MARKUP, { text: MARKUP });
  const line = page.locator('.activity').filter({ hasText: 'receiver' }).filter({ hasText: 'onerror' }).first();
  await line.click();
  const details = page.locator('.details');
  assert.match(await details.locator('pre').textContent(), /onerror/);
  assert.match(await details.locator('dd').filter({ hasText: 'onerror' }).first().textContent(), /<script>/);

  const why = new URLSearchParams({ app: app.id, event: MARKUP, channel: room, user });
  const places = {
    ...PAGES,
    channel: { path: `/channels/${room}`, heading: room },
    unknown: { path: `/channels/${encodeURIComponent(MARKUP)}`, heading: MARKUP },
    connection: { path: `/connections/${id}`, heading: id },
    whose: { path: `/connections?user=${encodeURIComponent(user)}`, heading: 'Connections' },
    answer: { path: `/why?${why}`, heading: 'Why?' },
    filled: { path: `/events?channel=${encodeURIComponent(MARKUP)}&event=${encodeURIComponent(MARKUP)}`, heading: 'Event creator' },
    search: { path: `/live?text=${encodeURIComponent(MARKUP)}`, heading: 'Live' },
  };
  for (const [name, { path, heading }] of Object.entries(places)) {
    await visit(page, path);
    await settled(page, heading);
    const found = await page.evaluate(() => ({
      wasRun: window.wasRun,
      images: document.images.length,
      scripts: document.body.querySelectorAll('script').length,
    }));
    assert.deepEqual(found, { wasRun: undefined, images: 0, scripts: 0 }, name);
    if (name === 'channel') await page.getByText(user, { exact: true }).first().waitFor();
  }
});
