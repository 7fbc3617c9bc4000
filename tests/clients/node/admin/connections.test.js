import assert from 'node:assert/strict';
import test from 'node:test';

import { admin } from '../support/admin.js';
import { connected, pusherClient, subscribe } from '../support/clients.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';

test('a connection that an operator closes stays away', async (t) => {
  const heard = new Heard();
  const client = pusherClient(t);
  const id = await connected(client);
  client.connection.bind('error', ({ data }) => heard.note('error', data));
  client.connection.bind('disconnected', heard.as('disconnected'));
  await admin('DELETE', `/connections/${id}`);
  assert.equal((await heard.next('error')).code, 4009);
  await heard.next('disconnected');
  assert.equal(client.connection.state, 'disconnected');
});

test('a connection that an operator closes for a new one is back at once, with its channels', async (t) => {
  const heard = new Heard();
  const client = pusherClient(t);
  const channel = await subscribe(client, unique('back'));
  const before = client.connection.socket_id;
  channel.bind('pusher:subscription_succeeded', heard.as('subscribed'));
  await admin('DELETE', `/connections/${before}?reconnect=true`);
  await heard.next('subscribed');
  assert.notEqual(client.connection.socket_id, before);
});

test('an event for one connection reaches the handlers of its channel, or those of the connection', async (t) => {
  const name = unique('alone');
  const [one, other] = [pusherClient(t), pusherClient(t)];
  const [heard, nothing] = [new Heard(), new Heard()];
  (await subscribe(one, name)).bind('hello', heard.as('of the channel'));
  (await subscribe(other, name)).bind('hello', nothing.as('hello'));
  one.bind('hello', heard.as('of the connection'));
  const path = `/connections/${one.connection.socket_id}/events`;
  assert.deepEqual(await admin('POST', path, { name: 'hello', data: { n: 1 }, channel: name }), { subscribed: true });
  assert.deepEqual(await heard.next('of the channel'), { n: 1 });
  await heard.next('of the connection');
  await admin('POST', path, { name: 'hello', data: { n: 2 } });
  assert.deepEqual(await heard.next('of the connection'), { n: 2 });
  await admin('POST', '/events', { name: 'hello', channels: [name], data: 'all', socket_id: one.connection.socket_id });
  await nothing.next('hello');
  assert.deepEqual(nothing.names, ['hello']);
});

test('the lists have the connection with its channel and its member', async (t) => {
  const name = unique('presence-list');
  const client = pusherClient(t, { user: 'ann' });
  await subscribe(client, name);
  const id = client.connection.socket_id;
  const { connections } = await admin('GET', `/connections?channel=${name}`);
  assert.deepEqual(
    connections.map(({ socket_id, channels }) => ({ socket_id, channels })),
    [{ socket_id: id, channels: 1 }],
  );
  const { presence_of: [member] } = await admin('GET', `/connections/${id}`);
  assert.equal(member.channel, name);
  const { channels } = await admin('GET', `/channels?search=${name}`);
  assert.deepEqual(channels, [{ name, subscriptions: 1, users: 1, cached: false }]);
});
