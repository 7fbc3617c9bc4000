import assert from 'node:assert/strict';
import test from 'node:test';

import { connected, pusherClient, subscribe } from '../support/clients.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';
import { clairon } from '../support/tools.js';

test('what is published reaches pusher-js', async (t) => {
  const heard = new Heard();
  const channel = await subscribe(pusherClient(t, { user: 'ann' }), unique('private-orders'));
  channel.bind('shipped', heard.as('shipped'));

  for (const data of ['{"order":7}', 'text', '[1,2]']) {
    await clairon('publish', channel.name, 'shipped', data);
  }

  assert.deepEqual(await heard.next('shipped'), { order: 7 });
  assert.equal(await heard.next('shipped'), 'text');
  assert.deepEqual(await heard.next('shipped'), [1, 2]);
});

test('a connection that is left out hears nothing', async (t) => {
  const heard = new Heard();
  const [sender, other] = [pusherClient(t), pusherClient(t)];
  const id = await connected(sender);
  const name = unique('left-out');
  for (const client of [sender, other]) {
    const channel = await subscribe(client, name);
    channel.bind_global((event) => heard.note(`${event} to ${client === sender ? 'sender' : 'other'}`));
  }

  await clairon('publish', name, 'first', '{}', '--socket-id', id);
  await clairon('publish', name, 'second', '{}');

  await heard.next('second to sender');
  await heard.next('first to other');
  assert.ok(!heard.names.includes('first to sender'));
});

test('pusher-js decrypts what is published to an encrypted channel', async (t) => {
  const heard = new Heard();
  const channel = await subscribe(pusherClient(t, { user: 'ann' }), unique('private-encrypted-orders'));
  channel.bind('shipped', heard.as('shipped'));

  await clairon('publish', channel.name, 'shipped', '{"order":8}');

  assert.deepEqual(await heard.next('shipped'), { order: 8 });
});
