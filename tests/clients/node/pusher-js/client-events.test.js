import assert from 'node:assert/strict';
import test from 'node:test';

import { pusherClient, subscribe } from '../support/clients.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';

for (const kind of ['private', 'presence']) {
  test(`a client event on a ${kind} channel reaches the others, not its sender`, async (t) => {
    const [mine, theirs] = [new Heard(), new Heard()];
    const name = unique(`${kind}-room`);
    const me = await subscribe(pusherClient(t, { user: 'alice' }), name);
    const they = await subscribe(pusherClient(t, { user: 'bob' }), name);
    me.bind('client-said', mine.as('said'));
    they.bind('client-said', (...event) => theirs.note('said', event));

    me.trigger('client-said', { by: 'me' });
    const [data, metadata] = await theirs.next('said');
    assert.deepEqual(data, { by: 'me' });
    assert.equal(metadata.user_id, kind === 'presence' ? 'alice' : undefined);

    they.trigger('client-said', { by: 'them' });
    assert.deepEqual(await mine.next('said'), { by: 'them' });
  });
}

test('a client event of any JSON type arrives as it was sent', async (t) => {
  const heard = new Heard();
  const name = unique('private-room');
  const me = await subscribe(pusherClient(t, { user: 'alice' }), name);
  const they = await subscribe(pusherClient(t, { user: 'bob' }), name);
  they.bind('client-said', heard.as('said'));
  for (const data of [{ nested: [1, 'two', null] }, [], 'text', 7, true, {}, 'half \ud83d', { half: '\ud83d' }]) {
    me.trigger('client-said', data);
    assert.deepEqual(await heard.next('said'), data);
  }
});

test('more than ten client events in a second: error 4301, and the connection stays', async (t) => {
  const heard = new Heard();
  const client = pusherClient(t, { user: 'alice' });
  const channel = await subscribe(client, unique('private-flood'));
  client.connection.bind('error', heard.as('error'));
  for (let count = 0; count < 100; count += 1) channel.trigger('client-said', { count });
  const error = await heard.next('error');
  assert.equal(error.data.code, 4301);
  await subscribe(client, unique('still-there'));
});

test('a client event on a public channel is refused and reaches nobody', async (t) => {
  const [mine, theirs] = [new Heard(), new Heard()];
  const [me, they] = [pusherClient(t), pusherClient(t)];
  const name = unique('public');
  const channel = await subscribe(me, name);
  (await subscribe(they, name)).bind('client-said', theirs.as('said'));
  me.connection.bind('error', mine.as('error'));
  channel.trigger('client-said', {});
  assert.equal((await mine.next('error')).data.code, null);
  await subscribe(they, unique('fence'));
  assert.deepEqual(theirs.names, []);
});
