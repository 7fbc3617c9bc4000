import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';

import Pusher from 'pusher-js';

import { signIn, subscribe, subscribed } from '../support/clients.js';
import { awaited, Heard } from '../support/heard.js';
import { pusherOptions } from '../support/options.js';
import { openProxy } from '../support/proxy.js';
import { startServer } from '../support/server.js';
import { app, host } from '../support/settings.js';
import { backendWith, openPage, site } from './page.js';

const CHANNELS = ['news', 'private-room', 'presence-room', 'private-encrypted-room', 'cache-news', 'private-cache-room'];

/** The messages in what a server has sent to a client: the first byte of each frame, and its text. */
function messages(bytes) {
  const lines = [];
  for (let at = bytes.indexOf('\r\n\r\n') + 4; at < bytes.length; ) {
    const short = bytes[at + 1];
    const [size, start] = short === 126 ? [bytes.readUInt16BE(at + 2), at + 4] : [short, at + 2];
    assert.ok(short < 127, 'a frame of less than 64 KiB that is not masked');
    lines.push(`${bytes[at].toString(16)} ${bytes.subarray(start, start + size)}`);
    at = start + size;
  }
  return lines;
}

/** What differs from run to run: the socket id, and what is encrypted. */
const stable = (line) =>
  line
    .replace(/\\"socket_id\\":\\"\d+\.\d+\\"/, '\\"socket_id\\":\\"…\\"')
    .replace(/\\"(nonce|ciphertext)\\":\\"[^"\\]+\\"/g, '\\"$1\\":\\"…\\"');

/** All that a stock pusher-js gets while another page is on the same channels, which asks for recovery. */
async function transcript(t, server) {
  const heard = new Heard();
  const proxy = await openProxy(t, server.port, { keeps: true });
  const backend = backendWith({ port: server.port });
  const client = new Pusher(app.key, pusherOptions({ host, port: proxy.port, site, user: 'bob' }));
  t.after(() => client.disconnect());
  const page = await openPage(t, { server, user: 'bob' });
  await signIn(page.client);
  await signIn(client);
  client.user.bind('direct', heard.as('direct'));
  for (const name of CHANNELS) {
    const before = await subscribe(page.client, name);
    const channel = await subscribe(client, name);
    channel.bind_global((event) => heard.note(`${name} ${event}`));
    for (const event of ['App\\Events\\One', 'two']) {
      await backend.trigger(name, 'own', { of: 'bob' }, { socket_id: client.connection.socket_id });
      await backend.trigger(name, event, { text: 'é "quoted"' });
      await heard.next(`${name} ${event}`);
    }
    if (/^(private|presence)-(?!encrypted)/.test(name)) {
      before.trigger('client-typing', { by: 'bob' });
      await heard.next(`${name} client-typing`);
    }
    client.unsubscribe(name);
    await subscribed(client.subscribe(name));
  }
  await backend.sendToUser('bob', 'direct', { to: 'bob' });
  await heard.next('direct');
  // The other page comes back, with and without a loss.
  for (const event of ['three', 'four']) {
    const back = awaited(
      () => 'return of the other page',
      (resolve) => page.client.channel(CHANNELS.at(-1)).bind('pusher:subscription_succeeded', resolve),
    );
    page.proxy.cut();
    await back;
    const again = client.channel('news');
    again.bind(event, heard.as(event));
    await backend.trigger('news', event, {});
    await heard.next(event);
  }
  return { recovers: page.client.recovery.supported, lines: messages(proxy.received()).map(stable) };
}

test('a stock pusher-js beside a page that recovers gets the same bytes as before', async (t) => {
  const env = { CLAIRON_APP_CLIENT_MESSAGES: 'true' };
  const plain = await transcript(t, await startServer(t, { env }));
  const beside = await transcript(t, await startServer(t, { env: { ...env, CLAIRON_APP_RECOVERY: 'true' } }));
  assert.deepEqual([plain.recovers, beside.recovers], [false, true]);
  assert.deepEqual(beside.lines, plain.lines);
  const snapshot = await readFile(new URL('stock.frames.txt', import.meta.url), 'utf8');
  assert.deepEqual(beside.lines, snapshot.trimEnd().split('\n'));
});
