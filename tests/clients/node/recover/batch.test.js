import assert from 'node:assert/strict';
import test from 'node:test';

import Pusher from 'pusher-js';

import { recover } from '../../../../clients/js/dist/recover.js';
import { awaited } from '../support/heard.js';
import { pusherOptions, unique } from '../support/options.js';
import { openProxy } from '../support/proxy.js';
import { app, host } from '../support/settings.js';
import { startServer } from '../support/server.js';
import { openPage, requests, site } from './page.js';

const batchEndpoint = `${site}/broadcasting/auth/batch`;

/** Resolves once all these channels are subscribed. */
const all = (channels) =>
  Promise.all(
    channels.map((channel) =>
      awaited(
        () => `subscription to ${channel.name}`,
        (resolve) => channel.bind('pusher:subscription_succeeded', resolve),
      ),
    ),
  );

test('the channels of a page are authorized in one request, refused ones with the usual error', async (t) => {
  const page = await openPage(t, { batchEndpoint });
  const before = { ...requests };
  const names = ['private-a', 'presence-b', 'private-encrypted-c', 'private-forbidden'].map(unique);
  const channels = names.map((name) => page.client.subscribe(name));
  const refused = awaited(
    () => 'refusal',
    (resolve) => channels[3].bind('pusher:subscription_error', resolve),
  );
  await all(channels.slice(0, 3));
  assert.equal((await refused).status, 403);
  assert.deepEqual([requests.batch - before.batch, requests.one - before.one], [1, 1]);
  assert.equal(channels[1].members.myID, 'alice');
  await all([page.client.subscribe(unique('private-alone'))]);
  assert.deepEqual([requests.batch - before.batch, requests.one - before.one], [1, 2]);
});

test('a site without the endpoint is asked once', async (t) => {
  const page = await openPage(t, { batchEndpoint: `${site}/nothing` });
  const before = { ...requests };
  for (let times = 0; times < 2; times += 1) {
    await all([unique('private-a'), unique('private-b')].map((name) => page.client.subscribe(name)));
  }
  assert.equal(requests.one - before.one, 4);
});

test('the endpoint is used after switchCluster too', async (t) => {
  const page = await openPage(t, { batchEndpoint });
  const names = [unique('private-a'), unique('private-b')];
  await all(names.map((name) => page.client.subscribe(name)));
  const before = { ...requests };
  const back = all(names.map((name) => page.client.channel(name)));
  page.client.switchCluster({ appKey: app.key, cluster: 'other' });
  await back;
  assert.deepEqual([requests.batch - before.batch, requests.one - before.one], [1, 0]);
});

test('200 pages with 40 channels that come back after a restart cost 200 requests', async (t) => {
  const [pages, channels] = [200, 40];
  const server = await startServer(t, { env: { CLAIRON_APP_RECOVERY: 'true' } });
  const proxy = await openProxy(t, server.port);
  const clients = Array.from({ length: pages }, () => {
    const settings = pusherOptions({ host, port: proxy.port, site, user: 'alice' });
    const client = recover(new Pusher(app.key, settings), { batchEndpoint, spread: 1 });
    t.after(() => client.disconnect());
    return client;
  });
  const names = Array.from({ length: channels }, () => unique('private-room'));
  const subscribed = clients.flatMap((client) => names.map((name) => client.subscribe(name)));
  await all(subscribed);
  const before = { ...requests };
  const back = all(subscribed);
  await server.stop('SIGTERM');
  proxy.moveTo((await startServer(t, { ...server, port: 0 })).port);
  await back;
  assert.deepEqual([requests.batch - before.batch, requests.one - before.one], [pages, 0]);
});
