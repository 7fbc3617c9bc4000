import assert from 'node:assert/strict';
import test from 'node:test';

import { scenarios } from '../scenarios/index.js';
import { backend } from '../support/backend.js';
import { echoClient } from '../support/clients.js';
import { subscribed } from '../support/echo.js';
import { Heard, awaited } from '../support/heard.js';
import { unique } from '../support/options.js';

const trigger = (channels, event, data, except) =>
  backend.trigger(channels, event, data, except && { socket_id: except });

for (const [name, scenario] of Object.entries(scenarios)) {
  test(name, (t) => scenario({ echo: (user) => echoClient(t, { user }), trigger }));
}

test('the reverb broadcaster works as the pusher one does', async (t) => {
  const name = unique('orders');
  const heard = new Heard();
  const echo = echoClient(t, { user: 'alice', broadcaster: 'reverb' });
  await subscribed(echo.private(name).listen('Shipped', heard.as('shipped')));
  await trigger(`private-${name}`, 'App\\Events\\Shipped', { order: 1 });
  assert.deepEqual(await heard.next('shipped'), { order: 1 });
});

test('connectionStatus follows the connection', async (t) => {
  const echo = echoClient(t);
  assert.equal(echo.connectionStatus(), 'connecting');
  await awaited(
    () => `connection (${echo.connectionStatus()})`,
    (resolve) => echo.connector.onConnectionChange((status) => status === 'connected' && resolve()),
  );
  assert.match(echo.socketId(), /^\d+\.\d+$/);
  echo.disconnect();
  assert.equal(echo.connectionStatus(), 'disconnected');
});

test('signin brings the events of the user', async (t) => {
  const heard = new Heard();
  const echo = echoClient(t, { user: 'alice' });
  const { pusher } = echo.connector;
  pusher.user.bind('greeting', heard.as('greeting'));
  pusher.connection.bind('message', ({ event, channel }) => heard.note(`${event} ${channel}`));
  echo.connector.signin();
  await heard.next('pusher_internal:subscription_succeeded #server-to-user-alice');
  await backend.sendToUser('alice', 'greeting', { text: 'hello' });
  assert.deepEqual(await heard.next('greeting'), { text: 'hello' });
});
