import assert from 'node:assert/strict';
import test from 'node:test';

import { pusherClient, subscribe } from '../support/clients.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';

test('subscribers are told how many they are, as others come and go', async (t) => {
  const heard = new Heard();
  const name = unique('counted');
  const channel = pusherClient(t).subscribe(name);
  channel.bind('pusher:subscription_count', heard.as('count'));
  assert.deepEqual(await heard.next('count'), { subscription_count: 1 });

  const other = pusherClient(t);
  await subscribe(other, name);
  assert.deepEqual(await heard.next('count'), { subscription_count: 2 });
  assert.equal(channel.subscriptionCount, 2);

  other.disconnect();
  assert.deepEqual(await heard.next('count'), { subscription_count: 1 });
});

test('presence channels have members instead', async (t) => {
  const heard = new Heard();
  const client = pusherClient(t, { user: 'alice' });
  client.connection.bind('message', ({ event }) => heard.note(event));
  await subscribe(client, unique('presence-room'));
  await subscribe(client, unique('fence'));
  await heard.next('pusher_internal:subscription_count');
  const events = heard.names.filter((event) => event.startsWith('pusher_internal:'));
  assert.deepEqual(events, [
    'pusher_internal:subscription_succeeded',
    'pusher_internal:subscription_succeeded',
    'pusher_internal:subscription_count',
  ]);
});
