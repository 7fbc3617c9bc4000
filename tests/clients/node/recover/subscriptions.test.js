import assert from 'node:assert/strict';
import test from 'node:test';

import Pusher from 'pusher-js';
import WebSocket from 'ws';

import { signIn, subscribe, subscribed } from '../support/clients.js';
import { awaited } from '../support/heard.js';
import { unique } from '../support/options.js';
import { app, host } from '../support/settings.js';
import { answered, backend, backendWith, comeBack, nextOf, note, openPage, start } from './page.js';

/** The events of a channel that arrive at a page, whatever becomes of them there. */
function arrivals(page, name) {
  const events = [];
  page.client.connection.bind('message', ({ event, channel }) => channel === name && events.push(event));
  return events;
}

test('a resubscription that the page cancels is no loss, and the last that it gets', async (t) => {
  const server = await start(t, { CLAIRON_APP_RECOVERY_EVENTS: '1' });
  const page = await openPage(t, { server });
  const channel = await subscribe(page.client, unique('news'));
  const publish = (n) => backendWith({ port: server.port }).trigger(channel.name, 'n', n);
  note(page.heard, channel, 'n', 'clairon:missed');
  const arrived = arrivals(page, channel.name);
  // pusher-js has just asked for the channel again.
  page.client.connection.bind('connected', () => page.client.unsubscribe(channel.name));
  const answer = await comeBack(page, channel.name, undefined, async () => {
    for (const n of [1, 2]) await publish(n);
  });
  assert.equal(answer.recovery.reason, 'expired');
  const fence = await subscribe(page.client, unique('fence'));
  note(page.heard, fence, 'end');
  await publish(3);
  await backendWith({ port: server.port }).trigger(fence.name, 'end', {});
  await page.heard.next('end');
  assert.deepEqual(arrived, ['pusher_internal:subscription_succeeded']);
  assert.deepEqual(page.heard.names, ['end']);
});

test('a resubscription that the page cancels and wants again goes on', async (t) => {
  const page = await openPage(t);
  const channel = await subscribe(page.client, unique('news'));
  note(page.heard, channel, 'n');
  page.client.connection.bind('connected', () => {
    page.client.unsubscribe(channel.name);
    assert.equal(page.client.subscribe(channel.name), channel);
  });
  const answer = await comeBack(page, channel.name, undefined, () => backend.trigger(channel.name, 'n', 1));
  assert.equal(answer.recovery.replayed, 1);
  await backend.trigger(channel.name, 'n', 2);
  assert.deepEqual(await nextOf(page.heard, 'n', 2), [1, 2]);
  assert.deepEqual(page.heard.names, ['n', 'n']);
});

test('events on their way while a page leaves and subscribes again arrive, as without recovery', async (t) => {
  const page = await openPage(t);
  const { name } = await subscribe(page.client, unique('news'));
  page.proxy.stall();
  await backend.trigger(name, 'n', 1);
  page.client.unsubscribe(name);
  const channel = page.client.subscribe(name);
  note(page.heard, channel, 'n', 'pusher:subscription_succeeded', 'clairon:missed');
  page.proxy.flow();
  await subscribed(channel);
  await backend.trigger(name, 'n', 2);
  assert.deepEqual(await nextOf(page.heard, 'n', 2), [1, 2]);
  assert.deepEqual(page.heard.names, ['n', 'pusher:subscription_succeeded', 'n']);
});

test('a user whose channel is refused gets events as without recovery, and learns of each loss', async (t) => {
  const server = await start(t, { CLAIRON_APP_SUBSCRIPTIONS_PER_CONNECTION: '1' });
  const page = await openPage(t, { server, user: 'ada' });
  const send = (n) => backendWith({ port: server.port }).sendToUser('ada', 'n', n);
  const missed = { channel: '#server-to-user-ada', reason: 'unsupported' };
  await signIn(page.client);
  page.client.user.bind('n', page.heard.as('n'));
  await send(1);
  assert.equal(await page.heard.next('n'), 1);

  // Another channel has the only place, because it needs no sign-in.
  const other = unique('news');
  await comeBack(page, other, undefined, async () => {
    page.client.subscribe(other);
    await send(2);
  });
  assert.deepEqual(await page.heard.next('missed'), missed);
  await send(3);
  assert.equal(await page.heard.next('n'), 3);

  const answer = await comeBack(page, missed.channel, undefined, async () => {
    page.client.unsubscribe(other);
    await send(4);
  });
  assert.ok(answer.recovery.token && !('recovered' in answer.recovery), JSON.stringify(answer));
  assert.deepEqual(await page.heard.next('missed'), missed);
  await comeBack(page, missed.channel, undefined, () => send(5));
  await send(6);
  assert.deepEqual(await nextOf(page.heard, 'n', 2), [5, 6]);
  assert.ok(!page.heard.names.includes('unsupported'));
});

/** Subscribes a socket to so many channels that ask for recovery, each with a log. */
function openLogs(t, server, count) {
  const socket = new WebSocket(`ws://${host}:${server.port}/app/${app.key}?protocol=7&client=raw&version=1`);
  t.after(() => socket.close());
  return awaited(
    () => `${count} logs`,
    (resolve) => {
      let opened = 0;
      socket.on('message', (text) => {
        if (String(text).includes('recovery') && ++opened === count) resolve();
      });
      socket.on('open', () => {
        for (let n = 0; n < count; n += 1) {
          socket.send(JSON.stringify({ event: 'pusher:subscribe', data: { channel: `log-${n}`, recover: true } }));
        }
      });
    },
  );
}

test('a channel without memory for a log says nothing of the others', async (t) => {
  const server = await start(t, {
    CLAIRON_RECOVERY_BYTES_TOTAL: String(1 << 20),
    CLAIRON_APP_SUBSCRIPTIONS_PER_CONNECTION: '5000',
  });
  const page = await openPage(t, { server });
  const logged = await subscribe(page.client, unique('logged'));
  // A log counts 512 bytes.
  await openLogs(t, server, 2_047);
  const late = await subscribe(page.client, unique('late'));
  const back = answered(page.client, logged.name);
  await comeBack(page, late.name);
  assert.equal((await back).recovery.recovered, true);
  assert.deepEqual(await page.heard.next('missed'), { channel: late.name, reason: 'unsupported' });
  assert.equal(page.client.recovery.supported, true);
  assert.deepEqual(page.heard.names, ['missed']);
});

test('a client without the parts that recovery needs works as without it', async (t) => {
  class Other extends Pusher {
    constructor(...options) {
      super(...options);
      this.connection.bind('state_change', ({ current }) => {
        if (current === 'connected') this.connection.connection.transport.bind_global = undefined;
      });
    }
  }
  const page = await openPage(t, { Class: Other });
  const channel = await subscribe(page.client, unique('news'));
  note(page.heard, channel, 'n');
  await page.heard.next('unsupported');
  assert.deepEqual(await comeBack(page, channel.name, undefined, () => backend.trigger(channel.name, 'n', 1)), {});
  assert.deepEqual(await page.heard.next('missed'), { channel: channel.name, reason: 'unsupported' });
  await backend.trigger(channel.name, 'n', 2);
  assert.equal(await page.heard.next('n'), 2);
});
