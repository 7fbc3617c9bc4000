import assert from 'node:assert/strict';
import test from 'node:test';

import { backend, backendWith } from '../support/backend.js';
import { unique } from '../support/options.js';

/** The status, the message, and the code in the body of what must not succeed. */
async function refusal(request) {
  try {
    await request;
  } catch (error) {
    const { error: message, code } = JSON.parse(error.body);
    return { status: error.status, message, code };
  }
  throw new assert.AssertionError({ message: 'the request succeeded' });
}

const refusals = {
  'a wrong secret': [401, () => backendWith({ secret: 'wrong' }).trigger('room', 'sent', {})],
  'an unknown key': [401, () => backendWith({ key: 'wrong' }).trigger('room', 'sent', {})],
  'an app that does not exist': [404, () => backendWith({ appId: 'another' }).trigger('room', 'sent', {})],
  'a wrong secret on a query': [401, () => backendWith({ secret: 'wrong' }).get({ path: '/channels' })],
  'data past the limit': [413, () => backend.trigger('room', 'sent', 'x'.repeat(102_401))],
  'data past the limit in a batch': [
    413,
    () => backend.triggerBatch([{ channel: 'room', name: 'sent', data: 'x'.repeat(102_401) }]),
  ],
  'eleven events in a batch': [
    400,
    () => backend.triggerBatch(Array.from({ length: 11 }, () => ({ channel: 'room', name: 'sent', data: '' }))),
  ],
  'no event name': [400, () => backend.post({ path: '/events', body: { channels: ['room'], data: '' } })],
  'no channel': [400, () => backend.post({ path: '/events', body: { name: 'sent', data: '' } })],
  'a bad channel name': [400, () => backend.post({ path: '/events', body: { name: 'e', channels: ['a b'], data: '' } })],
  'user_count of a public channel': [
    400,
    () => backend.get({ path: `/channels/${unique('open')}`, params: { info: 'user_count' } }),
  ],
  'user_count of all channels': [400, () => backend.get({ path: '/channels', params: { info: 'user_count' } })],
  'users of a public channel': [400, () => backend.get({ path: `/channels/${unique('open')}/users` })],
};

for (const [what, [status, request]] of Object.entries(refusals)) {
  test(`${what}: ${status}, with a message`, async () => {
    const refused = await refusal(request());
    assert.equal(refused.status, status, refused.message);
    assert.ok(refused.message, 'message');
    assert.equal(refused.message.includes(backend.config.token.secret), false, 'the secret is told');
  });
}

test('data as long as the limit passes', async () => {
  assert.equal((await backend.trigger('room', 'sent', 'x'.repeat(102_400))).status, 200);
});
