import assert from 'node:assert/strict';
import test from 'node:test';

import WebSocket from 'ws';

import { signIn, subscribe } from '../support/clients.js';
import { here, subscribed } from '../support/echo.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';
import { app, host, port } from '../support/settings.js';
import { answered, backend, comeBack, nextOf, note, openEcho, openPage } from './page.js';

for (const kind of ['', 'private-', 'presence-', 'private-encrypted-', 'cache-', 'private-cache-']) {
  test(`events of ${kind || 'public '}channels come back once`, async (t) => {
    const page = await openPage(t);
    const name = kind + unique('room');
    const channel = await subscribe(page.client, name);
    note(page.heard, channel, 'n', 'pusher:cache_miss');
    const answer = await comeBack(page, name, undefined, async () => {
      await backend.trigger(name, 'n', { n: 1 });
      await backend.trigger(name, 'n', { n: 2 });
    });
    assert.equal(answer.recovery.recovered, true);
    if (kind === 'presence-') assert.deepEqual(answer.presence.ids, ['alice']);
    await backend.trigger(name, 'n', { n: 3 });
    const events = await nextOf(page.heard, 'n', 3);
    assert.deepEqual(
      events.map(({ n }) => n),
      [1, 2, 3],
    );
    const names = page.heard.names.filter((name) => name !== 'pusher:cache_miss');
    assert.deepEqual(names, ['n', 'n', 'n']);
    // The first subscription may have heard of the miss before this one listened, and the second did not.
    assert.ok(page.heard.names.indexOf('pusher:cache_miss') <= 0);
  });
}

test('events for a user come back once, and the user learns that some are lost', async (t) => {
  const page = await openPage(t, { user: 'ada' });
  await signIn(page.client);
  const name = '#server-to-user-ada';
  page.client.user.bind('n', page.heard.as('n'));
  page.client.user.bind('clairon:missed', page.heard.as('missed by the user'));
  await backend.sendToUser('ada', 'n', 1);
  assert.equal(await page.heard.next('n'), 1);
  const answer = await comeBack(page, name, undefined, () => backend.sendToUser('ada', 'n', 2));
  assert.equal(answer.recovery.replayed, 1);
  await backend.sendToUser('ada', 'n', 3);
  assert.deepEqual(await nextOf(page.heard, 'n', 2), [2, 3]);
  await comeBack(page, name, undefined, async () => {
    for (let n = 4; n <= 1_004; n += 10) {
      await Promise.all(Array.from({ length: 10 }, (_, index) => backend.sendToUser('ada', 'n', n + index)));
    }
  });
  assert.deepEqual(await page.heard.next('missed by the user'), { channel: name, reason: 'expired' });
});

for (const options of [{}, { broadcaster: 'reverb' }, { isClient: true }]) {
  test(`Echo with ${JSON.stringify(options)}`, async (t) => {
    const page = await openEcho(t, options);
    const name = unique('room');
    const orders = page.echo.private(name).listen('Shipped', page.heard.as('shipped'));
    orders.listen('.clairon:missed', page.heard.as('told'));
    await subscribed(orders);
    const room = page.echo.join(name);
    await here(room);
    const trigger = (order) => backend.trigger(`private-${name}`, 'App\\Events\\Shipped', { order });
    await comeBack(page, `private-${name}`, undefined, () => trigger(1));
    await trigger(2);
    assert.deepEqual(await nextOf(page.heard, 'shipped', 2), [{ order: 1 }, { order: 2 }]);
    await comeBack(page, `private-${name}`, undefined, async () => {
      for (let times = 0; times < 101; times += 1) {
        await Promise.all(Array.from({ length: 10 }, () => trigger(0)));
      }
    });
    const missed = { channel: `private-${name}`, reason: 'expired' };
    assert.deepEqual([await page.heard.next('told'), await page.heard.next('missed')], [missed, missed]);
  });
}

test('a socket beside it that does not ask sees what it always saw', async (t) => {
  const page = await openPage(t);
  const name = unique('news');
  await subscribe(page.client, name);
  const heard = new Heard();
  const socket = new WebSocket(`ws://${host}:${port}/app/${app.key}?protocol=7&client=raw&version=1`);
  t.after(() => socket.close());
  socket.on('message', (text) => heard.note('frame', text.toString()));
  await heard.next('frame');
  socket.send(JSON.stringify({ event: 'pusher:subscribe', data: { channel: name } }));
  assert.equal(
    await heard.next('frame'),
    `{"event":"pusher_internal:subscription_succeeded","channel":"${name}","data":"{}"}`,
  );
  await backend.trigger(name, 'n', { n: 1 });
  assert.equal(await heard.next('frame'), `{"event":"n","channel":"${name}","data":"{\\"n\\":1}"}`);
  await answeredAgain(page, name);
  await backend.trigger(name, 'n', { n: 2 });
  assert.equal(await heard.next('frame'), `{"event":"n","channel":"${name}","data":"{\\"n\\":2}"}`);
});

async function answeredAgain(page, name) {
  const back = answered(page.client, name);
  page.proxy.cut();
  await back;
}
