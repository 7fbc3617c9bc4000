import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout } from 'node:timers/promises';

import { backend, json } from '../support/backend.js';
import { connected, pusherClient, subscribe } from '../support/clients.js';
import { unique } from '../support/options.js';

const get = (path, params) => json(backend.get({ path, params }));

test('channels lists what is occupied, by prefix', async (t) => {
  const prefix = unique('listed');
  const client = pusherClient(t);
  await subscribe(client, `${prefix}-a`);
  await subscribe(client, `${prefix}-b`);
  await subscribe(client, unique('other'));
  assert.deepEqual(await get('/channels', { filter_by_prefix: prefix }), {
    channels: { [`${prefix}-a`]: {}, [`${prefix}-b`]: {} },
  });
  assert.deepEqual(await get('/channels', { filter_by_prefix: unique('nothing') }), { channels: {} });
});

test('channels counts the users of presence channels', async (t) => {
  const name = unique('presence-counted');
  await Promise.all(['alice', 'alice', 'bob'].map((user) => subscribe(pusherClient(t, { user }), name)));
  assert.deepEqual(await get('/channels', { filter_by_prefix: name, info: 'user_count' }), {
    channels: { [name]: { user_count: 2 } },
  });
});

test('a channel tells whether it is occupied, and what is asked', async (t) => {
  const [open, room, empty] = [unique('open'), unique('presence-room'), unique('empty')];
  await subscribe(pusherClient(t), open);
  await Promise.all(['alice', 'alice'].map((user) => subscribe(pusherClient(t, { user }), room)));
  assert.deepEqual(await get(`/channels/${open}`), { occupied: true });
  assert.deepEqual(await get(`/channels/${open}`, { info: 'subscription_count' }), {
    occupied: true,
    subscription_count: 1,
  });
  assert.deepEqual(await get(`/channels/${room}`, { info: 'user_count,subscription_count' }), {
    occupied: true,
    user_count: 1,
    subscription_count: 2,
  });
  assert.deepEqual(await get(`/channels/${empty}`), { occupied: false });
});

test('connections are counted, as the recorder of Laravel Pulse asks', async (t) => {
  await Promise.all([pusherClient(t), pusherClient(t)].map(connected));
  // The server may not have noticed yet that the clients of other tests are gone.
  const deadline = Date.now() + 60_000;
  let answer = await get('/connections');
  while (answer.connections > 2 && Date.now() < deadline) {
    await setTimeout(10);
    answer = await get('/connections');
  }
  assert.deepEqual(answer, { connections: 2 });
});

test('a cache channel tells what it remembers', async () => {
  const name = unique('cache-scores');
  assert.equal((await get(`/channels/${name}`, { info: 'cache' })).cache, null);
  await backend.trigger(name, 'score', { home: 1 });
  const { cache } = await get(`/channels/${name}`, { info: 'cache' });
  assert.equal(cache.data, '{"home":1}');
  assert.ok(cache.ttl > 0 && cache.ttl <= 1800, `ttl ${cache.ttl}`);
});

test('users lists each user of a presence channel once', async (t) => {
  const name = unique('presence-room');
  await Promise.all(['bob', 'alice', 'alice'].map((user) => subscribe(pusherClient(t, { user }), name)));
  const { users } = await get(`/channels/${name}/users`);
  assert.deepEqual(users.map(({ id }) => id).sort(), ['alice', 'bob']);
  assert.deepEqual(await get(`/channels/${unique('presence-empty')}/users`), { users: [] });
});
