import assert from 'node:assert/strict';
import test from 'node:test';

import { backend } from '../support/backend.js';
import { pusherClient, subscribe } from '../support/clients.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';
import { listen } from '../support/tools.js';

test('what the server library triggers is printed', async (t) => {
  const names = ['', 'private-', 'private-encrypted-'].map((kind) => unique(`${kind}orders`));
  const heard = await listen(t, ...names);

  for (const name of names) await backend.trigger(name, 'shipped', { order: name });

  for (const name of names) {
    const { channel, data } = await heard.next('shipped');
    assert.equal(channel, name);
    assert.deepEqual(data, { order: name });
  }
});

test('a text that was cut within a character is printed, and ends nothing', async (t) => {
  const name = unique('orders');
  const heard = await listen(t, name);
  await backend.trigger(name, 'cut', 'half \ud83d');
  await backend.trigger(name, 'shipped', { order: 1 });
  assert.equal((await heard.next('cut')).data, 'half \ufffd');
  assert.deepEqual((await heard.next('shipped')).data, { order: 1 });
});

test('it is a member like others, and hears what they whisper', async (t) => {
  const name = unique('presence-room');
  const ann = await subscribe(pusherClient(t, { user: 'ann' }), name);
  const seen = new Heard();
  ann.bind('pusher:member_added', seen.as('added'));
  const heard = await listen(t, name, '--user-id=tool', '--user-info={"name":"Tool"}');
  const { id, info } = await seen.next('added');
  assert.deepEqual({ id, info }, { id: 'tool', info: { name: 'Tool' } });

  ann.trigger('client-typing', { key: 'x' });

  const { data, user_id: from } = await heard.next('client-typing');
  assert.deepEqual({ data, from }, { data: { key: 'x' }, from: 'ann' });
});
