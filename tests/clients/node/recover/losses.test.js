import assert from 'node:assert/strict';
import test from 'node:test';

import { subscribe } from '../support/clients.js';
import { unique } from '../support/options.js';
import { startServer } from '../support/server.js';
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
