import assert from 'node:assert/strict';
import test from 'node:test';

import { pusherClient, signIn } from '../support/clients.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';

test('a user sees who of the watchlist is online, comes, and goes', async (t) => {
  const [bob, carol, dave] = [unique('bob'), unique('carol'), unique('dave')];
  await signIn(pusherClient(t, { user: bob }));

  const heard = new Heard();
  const watcher = pusherClient(t, { user: unique('alice'), watchlist: [bob, carol] });
  watcher.user.watchlist.bind('online', ({ user_ids: ids }) => heard.note('online', ids));
  watcher.user.watchlist.bind('offline', ({ user_ids: ids }) => heard.note('offline', ids));
  await signIn(watcher);
  assert.deepEqual(await heard.next('online'), [bob]);
  assert.deepEqual(await heard.next('offline'), [carol]);

  await signIn(pusherClient(t, { user: dave }));
  const tabs = [pusherClient(t, { user: carol }), pusherClient(t, { user: carol })];
  for (const tab of tabs) await signIn(tab);
  assert.deepEqual(await heard.next('online'), [carol]);

  for (const tab of tabs) tab.disconnect();
  assert.deepEqual(await heard.next('offline'), [carol]);
  assert.deepEqual(heard.names, ['online', 'offline', 'online', 'offline']);
});
