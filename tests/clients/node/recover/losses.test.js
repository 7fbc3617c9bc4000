import assert from 'node:assert/strict';
import test from 'node:test';

import { WebSocketServer } from 'ws';

import { subscribe } from '../support/clients.js';
import { unique } from '../support/options.js';
import { startServer } from '../support/server.js';
import { app } from '../support/settings.js';
import { answered, backendWith, comeBack, nextOf, note, openPage, range, start } from './page.js';

/** A page on a channel of such a server. Each way in which a page learns of a loss is noted. */
async function openOn(t, server, name = unique('news')) {
  const page = await openPage(t, { server });
  const channel = await subscribe(page.client, name);
  note(page.heard, channel, 'n');
  channel.bind('clairon:missed', page.heard.as('on the channel'));
  channel.bind('pusher:subscription_succeeded', () => page.heard.note('subscribed'));
  page.client.bind('clairon:missed', page.heard.as('on the client'));
  return { ...page, channel };
}

async function tellsOnce(page, reason) {
  const missed = { channel: page.channel.name, reason };
  for (const way of ['on the channel', 'on the client', 'missed']) {
    assert.deepEqual(await page.heard.next(way), missed);
    assert.equal(page.heard.names.filter((name) => name === way).length, 1, way);
  }
  // Events flow already then, so that what is fetched anew leaves no hole.
  const { names } = page.heard;
  assert.ok(names.indexOf('subscribed') < names.indexOf('on the channel'), names.join());
}

test('a page that was away for longer than the log learns it, and recovers the next time', async (t) => {
  const server = await start(t, { CLAIRON_APP_RECOVERY_EVENTS: '10' });
  const page = await openOn(t, server);
  const backend = backendWith({ port: server.port });
  const publish = async (...numbers) => {
    for (const n of numbers) await backend.trigger(page.channel.name, 'n', n);
  };
  await publish(1);
  assert.equal(await page.heard.next('n'), 1);
  const answer = await comeBack(page, page.channel.name, undefined, () => publish(...range(2, 12)));
  assert.deepEqual([answer.recovery.recovered, answer.recovery.reason], [false, 'expired']);
  await publish(13);
  await tellsOnce(page, 'expired');
  await comeBack(page, page.channel.name, undefined, () => publish(14, 15));
  assert.deepEqual(await nextOf(page.heard, 'n', 3), [13, 14, 15]);
});

test('50 own events are no loss to a log of 10', async (t) => {
  const server = await start(t, { CLAIRON_APP_RECOVERY_EVENTS: '10' });
  const page = await openOn(t, server);
  const backend = backendWith({ port: server.port });
  const { socket_id } = page.client.connection;
  for (let times = 0; times < 50; times += 1) await backend.trigger(page.channel.name, 'n', 0, { socket_id });
  const answer = await comeBack(page, page.channel.name, undefined, () => backend.trigger(page.channel.name, 'n', 1));
  assert.deepEqual([answer.recovery.recovered, answer.recovery.replayed], [true, 1]);
  assert.equal(await page.heard.next('n'), 1);
  assert.deepEqual(page.heard.names, ['subscribed', 'n']);
});

test('after a crash pages learn that the log is another one', async (t) => {
  const server = await start(t);
  const page = await openOn(t, server);
  const publish = (port, n) => backendWith({ port }).trigger(page.channel.name, 'n', n);
  await publish(server.port, 1);
  const answer = await comeBack(page, page.channel.name, () => server.stop('SIGKILL'), async () => {
    page.proxy.moveTo((await startServer(t, { ...server, port: 0 })).port);
  });
  assert.equal(answer.recovery.reason, 'epoch');
  await tellsOnce(page, 'epoch');
});

test('a deploy loses nothing', async (t) => {
  const server = await start(t);
  const page = await openOn(t, server);
  const backend = (port) => backendWith({ port });
  await backend(server.port).trigger(page.channel.name, 'n', 1);
  page.proxy.cut();
  await backend(server.port).trigger(page.channel.name, 'n', 2);
  const back = answered(page.client, page.channel.name);
  const [status] = await server.stop('SIGTERM');
  assert.equal(status, 0);
  const next = await startServer(t, { ...server, port: 0 });
  page.proxy.moveTo(next.port);
  await backend(next.port).trigger(page.channel.name, 'n', 3);
  await back;
  await backend(next.port).trigger(page.channel.name, 'n', 4);
  assert.deepEqual(await nextOf(page.heard, 'n', 4), [1, 2, 3, 4]);
  assert.ok(!page.heard.names.includes('missed'));
});

test('a page that could not say since when it was away learns of the loss', async (t) => {
  const server = await start(t);
  const page = await openOn(t, server);
  const restart = async (stopped, recovery) => {
    await stopped.stop('SIGTERM');
    const next = await startServer(t, { ...stopped, port: 0, env: { CLAIRON_APP_RECOVERY: recovery } });
    page.proxy.moveTo(next.port);
    return next;
  };
  let without;
  await comeBack(page, page.channel.name, undefined, async () => {
    without = await restart(server, 'false');
  });
  const missed = { channel: page.channel.name, reason: 'unsupported' };
  assert.deepEqual(await page.heard.next('missed'), missed);
  const answer = await comeBack(page, page.channel.name, undefined, async () => {
    const { port } = await restart(without, 'true');
    await backendWith({ port }).trigger(page.channel.name, 'n', 1);
  });
  assert.ok(answer.recovery.token && answer.recovery.recovered === undefined, JSON.stringify(answer));
  assert.deepEqual(await page.heard.next('missed'), missed);
});

test('a refused subscription beside one that was made stops no event', async (t) => {
  const server = await start(t);
  const page = await openOn(t, server, `private-${unique('room')}`);
  const { name } = page.channel;
  page.channel.bind('pusher:subscription_error', page.heard.as('refused'));
  // As when the authorization for an earlier connection comes late.
  page.client.send_event('pusher:subscribe', { channel: name, auth: `${app.key}:late` });
  await page.heard.next('refused');
  await backendWith({ port: server.port }).trigger(name, 'n', 1);
  assert.equal(await page.heard.next('n'), 1);
});

test('a page learns of events that a server leaves out', async (t) => {
  const server = new WebSocketServer({ port: 0 });
  t.after(() => server.close());
  server.on('connection', (socket) => {
    const send = (event, data, more) => socket.send(JSON.stringify({ event, data: JSON.stringify(data), ...more }));
    send('pusher:connection_established', { socket_id: '1.1', activity_timeout: 120 });
    socket.once('message', () => {
      const [channel, recovery] = ['news', { token: 't', seq: 1 }];
      send('pusher_internal:subscription_succeeded', { recovery }, { channel });
      for (const seq of [2, 4]) send('n', seq, { channel, seq });
    });
  });
  const page = await openPage(t, { server: server.address() });
  const channel = page.client.subscribe('news');
  note(page.heard, channel, 'n', 'clairon:missed');
  assert.deepEqual(await nextOf(page.heard, 'n', 2), [2, 4]);
  assert.deepEqual(page.heard.names, ['n', 'clairon:missed', 'missed', 'n']);
  assert.deepEqual(await page.heard.next('missed'), { channel: 'news', reason: 'skipped' });
});

test('a server without recovery is used as ever, and each return is a loss', async (t) => {
  const server = await startServer(t);
  const page = await openOn(t, server);
  await page.heard.next('unsupported');
  assert.equal(page.client.recovery.supported, false);
  for (let times = 0; times < 2; times += 1) {
    const answer = await comeBack(page, page.channel.name);
    assert.deepEqual(answer, {});
    const missed = { channel: page.channel.name, reason: 'unsupported' };
    assert.deepEqual(await page.heard.next('missed'), missed);
  }
  assert.equal(page.heard.names.filter((name) => name === 'unsupported').length, 1);
});
