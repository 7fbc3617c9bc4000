import assert from 'node:assert/strict';
import test from 'node:test';

import Pusher from 'pusher-js';
import OldestPusher from 'pusher-js-8.3';

import { connected, subscribe } from '../support/clients.js';
import { unique } from '../support/options.js';
import { answered, backend, comeBack, nextOf, note, openPage, range } from './page.js';

test('every event arrives once and in order over five breaks', (t) => breakFiveTimes(t, Pusher));
test('so it does with the oldest pusher-js that is supported', (t) => breakFiveTimes(t, OldestPusher));

async function breakFiveTimes(t, Class) {
  const page = await openPage(t, { Class });
  const channel = await subscribe(page.client, unique('news'));
  note(page.heard, channel, 'n');
  const numbers = range(1, 50);
  const publish = async (count) => {
    for (const n of numbers.splice(0, count)) await backend.trigger(channel.name, 'n', n);
  };
  for (const breakIt of [1006, 4200, 1006, 4200, 1006]) {
    await publish(4);
    const answer = await comeBack(
      page,
      channel.name,
      () => (breakIt === 1006 ? page.proxy.cut() : page.proxy.close(breakIt)),
      () => publish(3),
    );
    assert.equal(answer.recovery.recovered, true);
    await publish(3);
  }
  assert.deepEqual(await nextOf(page.heard, 'n', 50), range(1, 50));
  assert.equal(page.client.recovery.supported, true);
  assert.ok(!page.heard.names.includes('missed'));
}

test('a replay that is cut twice goes on where it was', async (t) => {
  const page = await openPage(t);
  const channel = await subscribe(page.client, unique('news'));
  note(page.heard, channel, 'n');
  const filler = 'x'.repeat(500);
  // The handshake and the success need about 700 bytes.
  page.proxy.cutNext(3_500, 4_321);
  page.proxy.cut();
  for (const n of range(1, 20)) await backend.trigger(channel.name, 'n', { n, filler });
  const events = await nextOf(page.heard, 'n', 20);
  assert.deepEqual(
    events.map(({ n }) => n),
    range(1, 20),
  );
  await backend.trigger(channel.name, 'n', { n: 21 });
  assert.deepEqual(await page.heard.next('n'), { n: 21 });
  assert.ok(!page.heard.names.includes('missed'));
});

test('own events do not come back, and are not missed', async (t) => {
  const page = await openPage(t);
  const channel = await subscribe(page.client, unique('own'));
  note(page.heard, channel, 'own', 'other');
  const first = page.client.connection.socket_id;
  const own = (socket_id) => backend.trigger(channel.name, 'own', {}, { socket_id });
  // More than a log of 10 has, which the next test has: places count as events.
  for (let times = 0; times < 5; times += 1) await own(first);
  const answer = await comeBack(page, channel.name, undefined, async () => {
    await own(first);
    await backend.trigger(channel.name, 'other', 1);
    await own(first);
  });
  assert.deepEqual([answer.recovery.recovered, answer.recovery.replayed], [true, 1]);
  await own(first);
  await own(page.client.connection.socket_id);
  await backend.trigger(channel.name, 'other', 2);
  assert.deepEqual(await nextOf(page.heard, 'other', 2), [1, 2]);
  assert.deepEqual(page.heard.names, ['other', 'other']);
});

test('what is unsubscribed is forgotten, online and offline', async (t) => {
  const page = await openPage(t);
  const name = unique('news');
  const join = async () => {
    const answer = answered(page.client, name);
    const channel = page.client.subscribe(name);
    note(page.heard, channel, 'n');
    return answer;
  };
  await join();
  await backend.trigger(name, 'n', 1);
  assert.equal(await page.heard.next('n'), 1);
  page.client.unsubscribe(name);
  // The server is done with that before it answers the next message.
  await subscribe(page.client, unique('fence'));
  await backend.trigger(name, 'n', 2);
  assert.ok(!('recovered' in (await join()).recovery));

  const online = awaitState(page.client, 'connected');
  page.proxy.cut();
  await awaitState(page.client, 'connecting');
  page.client.unsubscribe(name);
  await backend.trigger(name, 'n', 3);
  const back = join();
  await online;
  assert.ok(!('recovered' in (await back).recovery));
  await backend.trigger(name, 'n', 4);
  assert.equal(await page.heard.next('n'), 4);
  assert.deepEqual(page.heard.names, ['n', 'n']);
});

test('a handler that throws is not called again with the same event', async (t) => {
  const page = await openPage(t);
  const channel = await subscribe(page.client, unique('news'));
  const thrown = new Promise((resolve) => process.setUncaughtExceptionCaptureCallback(resolve));
  t.after(() => process.setUncaughtExceptionCaptureCallback(null));
  channel.bind('n', (n) => {
    page.heard.note('n', n);
    if (n === 1) throw new Error('of the page');
  });
  await backend.trigger(channel.name, 'n', 1);
  assert.equal((await thrown).message, 'of the page');
  await comeBack(page, channel.name, undefined, () => backend.trigger(channel.name, 'n', 2));
  assert.deepEqual(await nextOf(page.heard, 'n', 2), [1, 2]);
  assert.deepEqual(page.heard.names, ['n', 'n']);
});

test('reconnects are spread, and one connection stays', async (t) => {
  const page = await openPage(t, { spread: 0.5 });
  const channel = await subscribe(page.client, unique('news'));
  note(page.heard, channel, 'n');
  const states = [];
  page.client.connection.bind('state_change', ({ current }) => states.push(current));
  for (const code of [4200, 1006, 1001, 4200]) {
    await comeBack(page, channel.name, () => (code === 1006 ? page.proxy.cut() : page.proxy.close(code)));
  }
  await connected(page.client);
  await backend.trigger(channel.name, 'n', 1);
  assert.equal(await page.heard.next('n'), 1);
  assert.deepEqual(states, Array(4).fill(['connecting', 'connected']).flat());
});

function awaitState(client, state) {
  return new Promise((resolve) => {
    const see = ({ current }) => {
      if (current !== state) return;
      client.connection.unbind('state_change', see);
      resolve();
    };
    client.connection.bind('state_change', see);
  });
}
