import assert from 'node:assert/strict';
import test from 'node:test';

import { backend } from '../support/backend.js';
import { connected, pusherClient, signIn, subscribe } from '../support/clients.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';

test('an event for a user reaches all connections of the user once, and nobody else', async (t) => {
  const [alice, bob] = [unique('alice'), unique('bob')];
  const tabs = [listen(t, alice), listen(t, alice), listen(t, bob)];
  await Promise.all(tabs.map(({ client }) => signIn(client)));

  await backend.sendToUser(alice, 'greeting', { to: alice });
  await backend.sendToUser(bob, 'greeting', { to: bob });
  await backend.sendToUser(alice, 'farewell', {});

  for (const { heard } of tabs.slice(0, 2)) {
    await heard.next('farewell');
    assert.deepEqual(await heard.next('greeting'), { to: alice });
    assert.deepEqual(heard.names, ['greeting', 'farewell']);
  }
  assert.deepEqual(await tabs[2].heard.next('greeting'), { to: bob });
});

test('a user whom the site knows by a number is signed in by its text', async (t) => {
  const { token } = backend.config;
  const userData = '{"id":4711, "user_info":{"id":4711}}';
  const customHandler = ({ socketId }, callback) => {
    callback(null, { auth: `${token.key}:${token.sign(`${socketId}::user::${userData}`)}`, user_data: userData });
  };
  const heard = new Heard();
  // A presence channel whose subscription says nothing of the member has the signed-in user.
  const authorize = ({ socketId, channelName }, callback) => {
    callback(null, { auth: `${token.key}:${token.sign(`${socketId}:${channelName}`)}` });
  };
  const client = pusherClient(t, {
    userAuthentication: { customHandler },
    channelAuthorization: { customHandler: authorize },
  });
  client.user.bind('greeting', heard.as('greeting'));
  await signIn(client);
  assert.deepEqual(client.user.user_data, { id: '4711', user_info: { id: 4711 } });

  await backend.sendToUser('4711', 'greeting', { to: 4711 });
  assert.deepEqual(await heard.next('greeting'), { to: 4711 });
  const { members } = await subscribe(client, unique('presence-room'));
  assert.deepEqual(members.me, { id: '4711', info: { id: 4711 } });
});

test('a sign-in that the site refuses is told to the client', async (t) => {
  const heard = new Heard();
  const client = pusherClient(t);
  client.user.bind('pusher:signin_error', heard.as('error'));
  client.signin();
  const error = await heard.next('error');
  assert.deepEqual([error.type, error.status], ['AuthError', 403]);
});

test('terminating a user closes every connection of the user for good, and no other', async (t) => {
  const [alice, bob] = [unique('alice'), unique('bob')];
  const tabs = [listen(t, alice), listen(t, alice)];
  const other = listen(t, bob);
  await Promise.all([...tabs, other].map(({ client }) => signIn(client)));
  for (const { client, heard } of tabs) client.connection.bind('disconnected', heard.as('disconnected'));

  const answer = await backend.terminateUserConnections(alice);
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), {});

  for (const { client, heard } of tabs) {
    await heard.next('disconnected');
    assert.equal(client.connection.state, 'disconnected');
  }
  await subscribe(other.client, unique('still-there'));
});

test('being a member of a room is not being signed in: terminating spares the connection', async (t) => {
  const alice = unique('alice');
  const client = pusherClient(t, { user: alice });
  const socketId = await connected(client);
  await subscribe(client, unique('presence-room'));
  await backend.terminateUserConnections(alice);
  await subscribe(client, unique('still-there'));
  assert.equal(client.connection.socket_id, socketId);
});

function listen(t, user) {
  const heard = new Heard();
  const client = pusherClient(t, { user });
  for (const event of ['greeting', 'farewell']) client.user.bind(event, heard.as(event));
  return { client, heard };
}
