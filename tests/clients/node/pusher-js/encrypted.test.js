import assert from 'node:assert/strict';
import test from 'node:test';

import { backend } from '../support/backend.js';
import { pusherClient, subscribe } from '../support/clients.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';

test('the server carries ciphertext only, and the client opens it', async (t) => {
  const heard = new Heard();
  const client = pusherClient(t, { user: 'alice' });
  const channel = await subscribe(client, unique('private-encrypted-letters'));
  channel.bind('letter', heard.as('letter'));
  client.connection.bind('message', ({ event, data }) => event === 'letter' && heard.note('wire', data));

  await backend.trigger(channel.name, 'letter', { text: 'psst' });

  assert.deepEqual(await heard.next('letter'), { text: 'psst' });
  assert.deepEqual(Object.keys(await heard.next('wire')).sort(), ['ciphertext', 'nonce']);
});
