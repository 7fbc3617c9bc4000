import assert from 'node:assert/strict';
import test from 'node:test';

import { backend } from '../support/backend.js';
import { pusherClient, subscribe } from '../support/clients.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';

test('events of a channel arrive once each, in the order of their triggers', async (t) => {
  const heard = new Heard();
  const channel = await subscribe(pusherClient(t), unique('ordered'));
  channel.bind('count', heard.as('count'));
  const counts = Array.from({ length: 50 }, (_, count) => count);
  for (const count of counts) await backend.trigger(channel.name, 'count', { count });
  for (const count of counts) assert.deepEqual(await heard.next('count'), { count });
  assert.equal(heard.names.length, counts.length);
});

test('bind_global hears every event of a channel, and of the client', async (t) => {
  const [ofChannel, ofClient] = [new Heard(), new Heard()];
  const client = pusherClient(t);
  const [first, second] = [await subscribe(client, unique('first')), await subscribe(client, unique('second'))];
  first.bind_global((event) => ofChannel.note(event));
  client.bind_global((event) => ofClient.note(event));
  await backend.trigger(second.name, 'for-second', {});
  await backend.trigger([first.name, second.name], 'for-both', {});
  await ofChannel.next('for-both');
  await ofClient.next('for-both');
  await ofClient.next('for-both');
  const own = ({ names }) => names.filter((name) => !name.startsWith('pusher'));
  assert.deepEqual(own(ofChannel), ['for-both']);
  assert.deepEqual(own(ofClient), ['for-second', 'for-both', 'for-both']);
});

test('after unsubscribing nothing arrives until the next subscription', async (t) => {
  const heard = new Heard();
  const client = pusherClient(t);
  const { name } = await subscribe(client, unique('room'));
  client.unsubscribe(name);
  // The server answers in order: once this is agreed to, the channel above is left.
  await subscribe(client, unique('fence'));
  client.connection.bind('message', ({ event, channel }) => channel === name && heard.note(event));

  await backend.trigger(name, 'missed', {});
  await subscribe(client, name);
  await backend.trigger(name, 'sent', {});

  await heard.next('sent');
  const own = heard.names.filter((event) => !event.includes('subscription_count'));
  assert.deepEqual(own, ['pusher_internal:subscription_succeeded', 'sent']);
});

test('unsubscribing before the server has agreed leaves the channel', async (t) => {
  const heard = new Heard();
  const client = pusherClient(t);
  await subscribe(client, unique('connected'));
  const name = unique('fleeting');
  client.subscribe(name);
  client.unsubscribe(name);
  client.connection.bind('message', ({ event, channel }) => heard.note(`${event} ${channel}`));
  await heard.next(`pusher_internal:subscription_succeeded ${name}`);
  const fence = await subscribe(client, unique('fence'));

  await backend.trigger([name, fence.name], 'sent', {});

  await heard.next(`sent ${fence.name}`);
  assert.equal(heard.names.includes(`sent ${name}`), false);
});
