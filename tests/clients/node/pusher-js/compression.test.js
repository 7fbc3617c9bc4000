import assert from 'node:assert/strict';
import test from 'node:test';

import WebSocket from 'ws';

import { backend } from '../support/backend.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';
import { app, host, port } from '../support/settings.js';

/** A connection of the most used WebSocket library for Node, which offers permessage-deflate with `options`. */
function connect(t, options) {
  const heard = new Heard();
  const socket = new WebSocket(`ws://${host}:${port}/app/${app.key}?protocol=7`, { perMessageDeflate: options });
  t.after(() => socket.terminate());
  socket.on('message', (bytes) => {
    const { event, data } = JSON.parse(bytes);
    heard.note(event, data);
  });
  return { socket, heard };
}

for (const [name, options] of Object.entries({
  'as it comes': true,
  'with a window of 4 KiB for the server': { serverMaxWindowBits: 12 },
  'with a window of 512 bytes for both': { serverMaxWindowBits: 9, clientMaxWindowBits: 9 },
  'without a window that is kept': { serverNoContextTakeover: true, clientNoContextTakeover: true },
  'compressing every message': { threshold: 0 },
})) {
  test(`ws takes and sends compressed messages, ${name}`, async (t) => {
    const channel = unique('deflate');
    const { socket, heard } = connect(t, options);
    await heard.next('pusher:connection_established');
    assert.match(socket.extensions, /^permessage-deflate/);
    // Longer than what is compressed by default.
    const padding = 'x'.repeat(2_000);
    socket.send(JSON.stringify({ event: 'pusher:subscribe', data: { channel, padding } }));
    await heard.next('pusher_internal:subscription_succeeded');

    for (const size of [10, 500, 1_500, 8_000, 60_000]) {
      const data = { order: 'item '.repeat(size / 5) };
      await backend.trigger(channel, 'shipped', data);
      assert.deepEqual(JSON.parse(await heard.next('shipped')), data);
    }
  });
}
