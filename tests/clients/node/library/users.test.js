import assert from 'node:assert/strict';
import test from 'node:test';

import { backend } from '../support/backend.js';
import { pusherClient, signIn } from '../support/clients.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';

// The library puts an id into the path as it is, and signs that.
const ids = ['plain', 'a b', 'a/b', '/a//b/', 'a?b', 'a?b/c?', '100%', '5% off', 'é 😀', "o'neil", '"q"', '<a>', 'a&b=c+d', 'a:b@c;d'];

for (const id of ids) {
  test(`terminateUserConnections finds ${id}, percent-encoded or not`, async (t) => {
    await terminates(t, id, (name) => name);
    await terminates(t, id, encodeURIComponent);
  });
}

// Node takes these for other parts of a URL before they are sent.
for (const id of ['a#b', 'a\\b', '50%25']) {
  test(`terminateUserConnections finds ${id} percent-encoded`, async (t) => {
    await terminates(t, id, encodeURIComponent);
    await assert.rejects(backend.terminateUserConnections(`${unique('nobody')}#b`), ({ status }) => status === 404);
  });
}

/** Checks that a user is disconnected when the backend names it in the form that `written` gives it. */
async function terminates(t, id, written) {
  const user = `${unique('user')}${id}`;
  const heard = new Heard();
  const customHandler = ({ socketId }, done) => done(null, backend.authenticateUser(socketId, { id: user }));
  const client = pusherClient(t, { userAuthentication: { customHandler } });
  client.connection.bind('disconnected', heard.as('disconnected'));
  await signIn(client);
  const answer = await backend.terminateUserConnections(written(user));
  assert.deepEqual(await answer.json(), {});
  await heard.next('disconnected');
}
