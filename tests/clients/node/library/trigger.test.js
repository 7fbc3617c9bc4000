import assert from 'node:assert/strict';
import test from 'node:test';

import { backend, json } from '../support/backend.js';
import { pusherClient, subscribe } from '../support/clients.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';

test('an event reaches each of its channels, and the answer is an empty object', async (t) => {
  const names = [unique('first'), unique('second')];
  const rooms = await Promise.all(names.map((name) => listen(t, name)));
  const answer = await backend.trigger(names, 'sent', { to: 'both' });
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), {});
  for (const { heard } of rooms) assert.deepEqual(await heard.next('sent'), { to: 'both' });
});

test('a text that was cut within a character arrives as it was sent', async (t) => {
  const name = unique('room');
  const { heard } = await listen(t, name);
  await backend.trigger(name, 'sent', 'half \ud83d');
  assert.equal(await heard.next('sent'), 'half \ud83d');
});

test('info tells of each channel, also of those where nobody is', async (t) => {
  const [open, room, empty] = [unique('open'), unique('presence-room'), unique('empty')];
  await listen(t, open);
  await Promise.all([listen(t, room), listen(t, room)]);
  const answer = backend.trigger([open, room, empty], 'sent', {}, { info: 'subscription_count,user_count' });
  assert.deepEqual(await json(answer), {
    channels: {
      [open]: { subscription_count: 1 },
      [room]: { subscription_count: 2, user_count: 1 },
      [empty]: { subscription_count: 0 },
    },
  });
});

test('a batch reaches its channels in order', async (t) => {
  const [first, second] = [unique('first'), unique('second')];
  const { client, heard } = await listen(t, first);
  await subscribe(client, second);
  client.connection.bind('message', ({ event, channel }) => event === 'sent' && heard.note(`sent on ${channel}`));
  const events = [first, second, first].map((channel) => ({ channel, name: 'sent', data: { channel } }));
  assert.deepEqual(await json(backend.triggerBatch(events)), {});
  for (const name of [first, second, first]) await heard.next(`sent on ${name}`);
  const order = heard.names.filter((name) => name.startsWith('sent on'));
  assert.deepEqual(order, [`sent on ${first}`, `sent on ${second}`, `sent on ${first}`]);
});

test('a batch answers with the info that its events ask for, by index', async (t) => {
  const [room, open] = [unique('presence-room'), unique('open')];
  await listen(t, room);
  const events = [
    { channel: room, name: 'sent', data: '', info: 'user_count' },
    { channel: open, name: 'sent', data: '' },
    { channel: open, name: 'sent', data: '', info: 'subscription_count' },
  ];
  assert.deepEqual(await json(backend.triggerBatch(events)), {
    batch: [{ user_count: 1 }, {}, { subscription_count: 0 }],
  });
});

test('socket_id leaves out one connection, in a batch too', async (t) => {
  const name = unique('room');
  const [me, other] = [await listen(t, name), await listen(t, name)];
  const except = { socket_id: me.client.connection.socket_id };
  await backend.trigger(name, 'sent', { count: 1 }, except);
  await backend.triggerBatch([
    { channel: name, name: 'sent', data: { count: 2 }, ...except },
    { channel: name, name: 'sent', data: { count: 3 } },
  ]);
  for (const count of [1, 2, 3]) assert.deepEqual(await other.heard.next('sent'), { count });
  assert.deepEqual(await me.heard.next('sent'), { count: 3 });
});

test('an encrypted event is carried sealed, in a batch too', async (t) => {
  const { heard, name } = await listen(t, unique('private-encrypted-letters'));
  await backend.trigger(name, 'sent', { count: 1 });
  await backend.triggerBatch([{ channel: name, name: 'sent', data: { count: 2 } }]);
  for (const count of [1, 2]) assert.deepEqual(await heard.next('sent'), { count });
});

async function listen(t, name) {
  const heard = new Heard();
  const client = pusherClient(t, { user: 'alice' });
  const channel = await subscribe(client, name);
  channel.bind('sent', (data) => heard.note('sent', data));
  return { client, heard, name };
}
