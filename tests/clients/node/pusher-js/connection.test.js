import assert from 'node:assert/strict';
import test from 'node:test';

import { connected, pusherClient, subscribe } from '../support/clients.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';

test('a client goes from connecting to connected and gets a socket id', async (t) => {
  const heard = new Heard();
  const client = pusherClient(t);
  client.connection.bind('state_change', ({ previous, current }) => heard.note(`${previous} -> ${current}`));
  assert.match(await connected(client), /^\d+\.\d+$/);
  assert.equal(heard.names.at(-1), 'connecting -> connected');
});

test('no two clients share a socket id', async (t) => {
  const ids = await Promise.all(Array.from({ length: 5 }, () => connected(pusherClient(t))));
  assert.equal(new Set(ids).size, ids.length);
});

test('an unknown key is refused with 4001, and the client stays away', async (t) => {
  const heard = new Heard();
  const client = pusherClient(t, { key: 'no-such-key' });
  client.connection.bind('error', heard.as('error'));
  client.connection.bind('disconnected', heard.as('disconnected'));
  client.connection.bind('connecting_in', heard.as('connecting_in'));
  const error = await heard.next('error');
  assert.equal(error.error.data.code, 4001);
  await heard.next('disconnected');
  assert.equal(client.connection.state, 'disconnected');
  assert.equal(heard.names.includes('connecting_in'), false);
});

test('a silent client pings, and the answer keeps it connected', async (t) => {
  const heard = new Heard();
  const client = pusherClient(t, { activityTimeout: 200 });
  client.connection.bind('message', ({ event }) => heard.note(event));
  client.connection.bind('disconnected', heard.as('disconnected'));
  const socketId = await connected(client);
  await heard.next('pusher:pong');
  await heard.next('pusher:pong');
  await subscribe(client, unique('still-there'));
  assert.equal(client.connection.socket_id, socketId);
});

test('a client that disconnects can connect again, as a new socket with its old channels', async (t) => {
  const client = pusherClient(t);
  const channel = await subscribe(client, unique('kept'));
  const before = client.connection.socket_id;
  const heard = new Heard();
  channel.bind('pusher:subscription_succeeded', heard.as('subscribed'));
  client.disconnect();
  assert.equal(channel.subscribed, false);
  client.connect();
  await heard.next('subscribed');
  assert.notEqual(client.connection.socket_id, before);
});
