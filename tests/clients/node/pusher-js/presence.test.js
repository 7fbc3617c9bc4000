import assert from 'node:assert/strict';
import test from 'node:test';

import { backend, json } from '../support/backend.js';
import { pusherClient, subscribe } from '../support/clients.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';

test('members holds everyone, me, and their info', async (t) => {
  const name = unique('presence-room');
  await subscribe(pusherClient(t, { user: 'alice' }), name);
  const { members } = await subscribe(pusherClient(t, { user: 'bob' }), name);
  assert.equal(members.count, 2);
  assert.deepEqual(members.me, { id: 'bob', info: { name: 'The bob' } });
  assert.deepEqual(members.get('alice'), { id: 'alice', info: { name: 'The alice' } });
});

test('several connections of one user are one member, from the first to the last', async (t) => {
  const name = unique('presence-room');
  const heard = new Heard();
  const watcher = pusherClient(t, { user: 'alice' });
  watcher.connection.bind('message', ({ event, data, channel }) => {
    if (channel === name && event.startsWith('pusher_internal:member')) heard.note(event, data);
  });
  await subscribe(watcher, name);

  const tabs = [pusherClient(t, { user: 'bob' }), pusherClient(t, { user: 'bob' }), pusherClient(t, { user: 'bob' })];
  for (const tab of tabs) assert.equal((await subscribe(tab, name)).members.count, 2);
  const added = await heard.next('pusher_internal:member_added');
  assert.deepEqual(added, { user_id: 'bob', user_info: { name: 'The bob' } });
  assert.deepEqual(await json(backend.get({ path: `/channels/${name}/users` })), {
    users: [{ id: 'alice' }, { id: 'bob' }],
  });

  for (const tab of tabs.slice(1)) {
    tab.unsubscribe(name);
    await subscribe(tab, unique('fence'));
  }
  // Whatever the two left behind would be heard before carol, who joins after them.
  await subscribe(pusherClient(t, { user: 'carol' }), name);
  assert.equal((await heard.next('pusher_internal:member_added')).user_id, 'carol');
  tabs[0].disconnect();
  assert.deepEqual(await heard.next('pusher_internal:member_removed'), { user_id: 'bob' });
  assert.equal(heard.names.length, 3, heard.names.join());
});

test('a user who returns is a member again', async (t) => {
  const name = unique('presence-room');
  const heard = new Heard();
  const watcher = await subscribe(pusherClient(t, { user: 'alice' }), name);
  watcher.bind('pusher:member_added', heard.as('added')).bind('pusher:member_removed', heard.as('removed'));
  const client = pusherClient(t, { user: 'bob' });
  await subscribe(client, name);
  await heard.next('added');
  client.disconnect();
  await heard.next('removed');
  client.connect();
  assert.deepEqual(await heard.next('added'), { id: 'bob', info: { name: 'The bob' } });
  assert.equal(watcher.members.count, 2);
});

for (const id of ['1.0', '-0', '1e3', '9007199254740993', '12345678901234567890', '7', '1.5', '"ann"']) {
  test(`the member with the id ${id} leaves nothing behind, whether it is seen to come or not`, async (t) => {
    const name = unique('presence-room');
    const early = await subscribe(pusherClient(t, { user: 'early' }), name);
    const heard = new Heard();
    early.bind('pusher:member_added', heard.as('added')).bind('pusher:member_removed', heard.as('removed early'));
    const member = memberClient(t, `{"user_id":${id},"user_info":{"name":"x"}}`);
    await subscribe(member, name);
    const added = await heard.next('added');
    const late = await subscribe(pusherClient(t, { user: 'late' }), name);
    late.bind('pusher:member_removed', heard.as('removed late'));
    const key = id.replaceAll('"', '');
    for (const { members } of [early, late]) {
      assert.deepEqual(Object.keys(members.members).sort(), ['early', 'late', key].sort());
    }
    assert.equal(String(added.id), key);

    member.disconnect();

    for (const removed of [await heard.next('removed early'), await heard.next('removed late')]) {
      assert.deepEqual(removed, added);
    }
    for (const { members } of [early, late]) {
      assert.deepEqual([members.count, Object.keys(members.members).sort()], [2, ['early', 'late']]);
    }
  });
}

test('numbers that JavaScript takes for the same are different members', async (t) => {
  const name = unique('presence-room');
  const ids = ['9007199254740992', '9007199254740993', '1', '1.0'];
  for (const id of ids) await subscribe(memberClient(t, `{"user_id":${id}}`), name);
  const { members } = await subscribe(pusherClient(t, { user: 'watcher' }), name);
  assert.deepEqual(Object.keys(members.members).sort(), [...ids, 'watcher'].sort());
});

/** A client whose site signs just this text, as JSON.stringify would not write it. */
function memberClient(t, channelData) {
  const { token } = backend.config;
  const customHandler = ({ socketId, channelName }, callback) => {
    const auth = `${token.key}:${token.sign(`${socketId}:${channelName}:${channelData}`)}`;
    callback(null, { auth, channel_data: channelData });
  };
  return pusherClient(t, { channelAuthorization: { customHandler } });
}
