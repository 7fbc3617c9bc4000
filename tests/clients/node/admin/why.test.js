import assert from 'node:assert/strict';
import { request } from 'node:http';
import test from 'node:test';

import { admin, watch } from '../support/admin.js';
import { connected, echoClient, pusherClient, signIn, subscribe } from '../support/clients.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';
import { app, host, port } from '../support/settings.js';

await watch();

const event = 'App\\Events\\Shipped';

const publish = (channel, more = {}) =>
  admin('POST', '/events', { name: event, channels: [channel], data: { n: 1 }, ...more });

async function why(question) {
  return admin('GET', `/why?${new URLSearchParams(question)}`);
}

/** Asks why `client` did not get the event on `channel`, and expects this verdict. */
async function expectVerdict(client, channel, verdict, more = {}) {
  const answer = await why({ event, channel, socket_id: client.connection.socket_id, ...more });
  assert.equal(answer.verdict, verdict, JSON.stringify(answer));
  assert.ok(answer.answer.length > 20 && answer.recorder.since && answer.scope.nodes === 'all', JSON.stringify(answer));
  return answer;
}

test('an event that arrived was delivered', async (t) => {
  const client = pusherClient(t);
  const channel = await subscribe(client, unique('why-delivered'));
  const heard = new Heard();
  channel.bind(event, heard.as('event'));
  await publish(channel.name);
  await heard.next('event');
  const { evidence, parameters } = await expectVerdict(client, channel.name, 'delivered');
  assert.deepEqual(evidence.map(({ kind }) => kind), ['subscribed', 'event']);
  assert.equal(parameters.channel, channel.name);
});

test('a client that has never subscribed, or not any more, or only later', async (t) => {
  const client = pusherClient(t);
  await connected(client);
  const name = unique('why-not-subscribed');
  await publish(name);
  assert.equal((await expectVerdict(client, name, 'not_subscribed')).parameters.case, 'never');
  const channel = await subscribe(client, name);
  assert.equal((await expectVerdict(client, channel.name, 'not_subscribed')).parameters.case, 'later');
  client.unsubscribe(name);
  const other = await subscribe(client, unique('after'));
  assert.ok(other.subscribed);
  await publish(name);
  assert.equal((await expectVerdict(client, name, 'not_subscribed')).parameters.case, 'unsubscribed');
});

test('a subscription that was refused says why', async (t) => {
  const client = pusherClient(t, { channelAuthorization: { customHandler: (_, callback) => callback(null, { auth: `${app.key}:00` }) } });
  await connected(client);
  const heard = new Heard();
  const channel = client.subscribe(unique('private-why-refused'));
  channel.bind('pusher:subscription_error', heard.as('refused'));
  await heard.next('refused');
  await publish(channel.name);
  const { answer, parameters } = await expectVerdict(client, channel.name, 'subscription_refused');
  assert.match(answer, /signature/);
  assert.match(parameters.reason, /signature/);
});

test('toOthers excludes the page that caused the event', async (t) => {
  const [client, other] = [pusherClient(t), pusherClient(t)];
  const channel = await subscribe(client, unique('why-excluded'));
  await subscribe(other, channel.name);
  await publish(channel.name, { socket_id: client.connection.socket_id });
  assert.match((await expectVerdict(client, channel.name, 'excluded_by_to_others')).answer, /toOthers/);
  await expectVerdict(other, channel.name, 'delivered');
});

test('a client that connected after the event, and one that had gone', async (t) => {
  const name = unique('why-time');
  const early = pusherClient(t);
  await subscribe(early, name);
  const { socket_id: id } = early.connection;
  early.disconnect();
  const isGone = async () => (await admin('GET', `/connections/${id}`)).connected === false;
  while (!(await isGone()));
  await publish(name);
  const late = pusherClient(t);
  await subscribe(late, name);
  assert.equal((await why({ event, channel: name, socket_id: id })).verdict, 'disconnected_before');
  await expectVerdict(late, name, 'connected_after');
});

test('the name of the event differs, or its channel', async (t) => {
  const client = pusherClient(t);
  const channel = await subscribe(client, unique('why-name'));
  await publish(channel.name);
  const named = await why({ event: 'Shipped', channel: channel.name, socket_id: client.connection.socket_id });
  assert.equal(named.verdict, 'name_differs');
  assert.equal(named.parameters.arrived_as, event);
  const prefixed = unique('private-why-channel');
  await publish(prefixed, { name: 'App\\Events\\OnlyThere' });
  const base = prefixed.slice('private-'.length);
  const placed = await why({ event: 'App\\Events\\OnlyThere', channel: base, socket_id: client.connection.socket_id });
  assert.equal(placed.verdict, 'channel_differs');
  assert.equal(placed.parameters.case, 'prefix');
});

test('the name that an answer advises is heard by Echo, in each form of names', async (t) => {
  const echo = echoClient(t);
  for (const [asked, wire, verdict] of [
    ['Shipped', 'App\\Events\\Shipped', 'name_differs'],
    ['.Shipped', 'App\\Events\\Shipped', 'name_differs'],
    ['Shop\\Shipped', 'App\\Events\\Shipped', 'name_differs'],
    ['App\\Events\\Order\\Shipped', 'App\\Events\\Shipped', 'name_differs'],
    ['App\\Events\\OrderShipped', 'order.shipped', 'name_differs'],
    ['OrderShipped', 'order-shipped', 'name_differs'],
    ['.order.shipped', 'order.shipped', 'delivered'],
    ['order.shipped', '.order.shipped', 'name_differs'],
  ]) {
    const name = unique('why-form');
    const heard = new Heard();
    const channel = echo.channel(name);
    await new Promise((resolve) => channel.subscribed(resolve));
    await publish(name, { name: wire });
    const answer = await why({ event: asked, channel: name, socket_id: echo.socketId() });
    assert.equal(answer.verdict, verdict, JSON.stringify(answer));
    channel.listen(answer.parameters.listen_to ?? asked, heard.as('heard'));
    await publish(name, { name: wire });
    await heard.next('heard');
  }
});

test('an event that has never arrived, with the refused request of the backend', async (t) => {
  const client = pusherClient(t);
  const channel = await subscribe(client, unique('why-never'));
  assert.equal((await why({ event: 'Nothing', channel: channel.name })).verdict, 'never_arrived');
  await new Promise((resolve, reject) => {
    const path = `/apps/${app.id}/events?auth_key=${app.key}&auth_signature=00&auth_version=1.0&auth_timestamp=1`;
    request({ host, port, method: 'POST', path }, (answer) => answer.resume().on('end', resolve)).on('error', reject).end('{}');
  });
  const answer = await why({ event: 'Nothing', channel: channel.name, socket_id: client.connection.socket_id });
  assert.equal(answer.verdict, 'never_arrived');
  assert.equal(answer.parameters.case, 'refused_request');
  assert.equal(answer.parameters.subscribed_now, true);
});

test('a connection and an event of another app', async (t) => {
  const created = await admin('POST', '', { name: 'other' }, { whole: '/apps' });
  const client = pusherClient(t, { key: created.key });
  await connected(client);
  const name = unique('why-app');
  await expectVerdict(client, name, 'other_app');
  await admin('POST', '', { name: 'Elsewhere', channels: [name], data: 1 }, { whole: `/apps/${created.id}/events` });
  assert.equal((await why({ event: 'Elsewhere', channel: name })).verdict, 'other_app');
});

test('an unknown connection, and a user with one connection and without', async (t) => {
  assert.equal((await why({ event, socket_id: '1.1' })).verdict, 'unknown_connection');
  assert.equal((await why({ event, user: unique('nobody') })).verdict, 'unknown_connection');
  const client = pusherClient(t, { user: 'ann' });
  const channel = await subscribe(client, unique('presence-why-user'));
  await publish(channel.name);
  const { members } = channel;
  const answer = await why({ event, channel: channel.name, user: members.me.id });
  assert.equal(answer.verdict, 'delivered', JSON.stringify(answer));
  assert.equal(answer.parameters.socket_id, client.connection.socket_id);
});

test('events of a signed-in user', async (t) => {
  const client = pusherClient(t, { user: 'bob' });
  await signIn(client);
  const { user_id: id } = await admin('GET', `/connections/${client.connection.socket_id}`);
  await publish(`#server-to-user-${id}`);
  await expectVerdict(client, `#server-to-user-${id}`, 'delivered');
});
