import assert from 'node:assert/strict';
import test from 'node:test';

import { backend } from '../support/backend.js';
import { pusherClient, subscribe } from '../support/clients.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';

for (const kind of ['cache', 'private-cache', 'presence-cache', 'private-encrypted-cache']) {
  test(`a ${kind} channel greets a newcomer with its last event, or says that there is none`, async (t) => {
    const name = unique(`${kind}-scores`);
    const first = listen(t, name);
    await first.next('pusher:cache_miss');

    await backend.trigger(name, 'score', { home: 1 });
    await backend.trigger(name, 'score', { home: 2 });
    assert.deepEqual(await first.next('score'), { home: 1 });
    assert.deepEqual(await first.next('score'), { home: 2 });

    const second = listen(t, name);
    assert.deepEqual(await second.next('score'), { home: 2 });
    assert.equal(second.names.includes('pusher:cache_miss'), false);
  });
}

test('a cache channel remembers what was sent while nobody was there', async (t) => {
  const name = unique('cache-scores');
  await backend.trigger(name, 'score', { home: 3 });
  assert.deepEqual(await listen(t, name).next('score'), { home: 3 });
});

test('a cache channel does not remember client events', async (t) => {
  const name = unique('private-cache-scores');
  const [me, other] = [pusherClient(t, { user: 'alice' }), listen(t, name)];
  await other.next('pusher:cache_miss');
  (await subscribe(me, name)).trigger('client-score', { home: 9 });
  await other.next('client-score');
  await listen(t, name).next('pusher:cache_miss');
});

function listen(t, name) {
  const heard = new Heard();
  pusherClient(t, { user: 'alice' })
    .subscribe(name)
    .bind_global((event, data) => heard.note(event, data));
  return heard;
}
