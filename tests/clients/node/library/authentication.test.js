import assert from 'node:assert/strict';
import test from 'node:test';

import { backend, backendWith } from '../support/backend.js';
import { connected, pusherClient } from '../support/clients.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';

const member = { user_id: 'alice', user_info: { name: 'Alice' } };

for (const [name, data] of [
  [unique('private-room')],
  [unique('private-with-data'), { user_id: 'alice' }],
  [unique('presence-room'), member],
  [unique('presence-number'), { user_id: 7 }],
  [unique('private-encrypted-room')],
]) {
  test(`authorizeChannel opens ${name}`, async (t) => {
    const { client, heard } = open(t);
    const auth = backend.authorizeChannel(await connected(client), name, data);
    client.send_event('pusher:subscribe', { channel: name, auth: auth.auth, channel_data: auth.channel_data });
    await heard.next(`pusher_internal:subscription_succeeded ${name}`);
  });
}

const forgeries = {
  'another secret': (id, name) => backendWith({ secret: 'wrong' }).authorizeChannel(id, name, member),
  'another key': (id, name) => backendWith({ key: 'wrong' }).authorizeChannel(id, name, member),
  'another socket': (id, name) => backend.authorizeChannel('1.1', name, member),
  'another channel': (id, name) => backend.authorizeChannel(id, `${name}-other`, member),
  'other channel data': (id, name) => ({
    ...backend.authorizeChannel(id, name, member),
    channel_data: JSON.stringify({ ...member, user_id: 'mallory' }),
  }),
  'no channel data': (id, name) => backend.authorizeChannel(id, name),
};

for (const [what, forge] of Object.entries(forgeries)) {
  test(`a subscription signed for ${what} is refused, and the connection stays`, async (t) => {
    const { client, heard } = open(t);
    const name = unique('presence-room');
    const { auth, channel_data: data } = forge(await connected(client), name);
    client.send_event('pusher:subscribe', { channel: name, auth, channel_data: data });
    const { type } = await heard.next(`pusher:subscription_error ${name}`);
    assert.equal(type, 'AuthError');
    assert.equal((await heard.next('pusher:error')).code, null);
    assert.equal(client.connection.state, 'connected');
  });
}

test('authenticateUser signs a user in', async (t) => {
  const { client, heard } = open(t, signingWith(backend, 'alice'));
  client.signin();
  assert.deepEqual(await heard.next('pusher:signin_success'), { user_data: '{"id":"alice"}' });
});

test('a forged sign-in makes nobody a user, and the connection stays', async (t) => {
  const { client, heard } = open(t, signingWith(backendWith({ secret: 'wrong' }), 'mallory'));
  client.signin();
  assert.equal((await heard.next('pusher:error')).code, null);
  client.send_event('pusher:subscribe', { channel: '#server-to-user-mallory', auth: '' });
  await heard.next('pusher:subscription_error #server-to-user-mallory');
  assert.equal(client.connection.state, 'connected');
});

/** The options with which pusher-js signs in as `id`, authenticated by `signer`. */
function signingWith(signer, id) {
  const customHandler = ({ socketId }, done) => done(null, signer.authenticateUser(socketId, { id }));
  return { userAuthentication: { customHandler } };
}

function open(t, options) {
  const heard = new Heard();
  const client = pusherClient(t, options);
  client.connection.bind('message', ({ event, channel, data }) =>
    heard.note(channel ? `${event} ${channel}` : event, data),
  );
  client.connection.bind('error', ({ data }) => heard.note('pusher:error', data));
  return { client, heard };
}
