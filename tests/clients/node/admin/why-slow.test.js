import assert from 'node:assert/strict';
import test from 'node:test';

import WebSocket from 'ws';

import { backendWith } from '../support/backend.js';
import { awaited } from '../support/heard.js';
import { startServer } from '../support/server.js';
import { app, adminToken, host } from '../support/settings.js';

/** The events of a batch, with data of the largest size. */
const BATCH = Array.from({ length: 10 }, () => ({ channel: 'news', name: 'price', data: 'x'.repeat(10_000) }));

test('a client that does not read loses what waits for it, and the answer says so', async (t) => {
  const env = {
    CLAIRON_ADMIN_TOKEN: adminToken,
    CLAIRON_OUTBOX_BYTES: '65536',
    // What the kernel takes for the client first does not fit into the recording of a watched app.
    CLAIRON_DASHBOARD_RECORDER_BYTES: String(256 << 20),
  };
  const { port } = await startServer(t, { env });
  const backend = backendWith({ port });
  const ask = async (path) => {
    const headers = { Authorization: `Bearer ${adminToken}` };
    const answer = await fetch(`http://${host}:${port}/admin/api/apps/${app.id}${path}`, { headers });
    return answer.json();
  };

  // Compressed, the events would all fit into what the kernel takes.
  const socket = new WebSocket(`ws://${host}:${port}/app/${app.key}?protocol=7`, { perMessageDeflate: false });
  t.after(() => socket.terminate());
  const next = () =>
    awaited(
      () => 'a message',
      (resolve) => socket.once('message', (text) => resolve(JSON.parse(text))),
    );
  const { socket_id: id } = JSON.parse((await next()).data);
  socket.send(JSON.stringify({ event: 'pusher:subscribe', data: { channel: 'news' } }));
  await next();
  socket.pause();
  do await backend.triggerBatch(BATCH);
  while ((await ask(`/connections/${id}`)).connected);

  const why = (question) => ask(`/why?${new URLSearchParams({ channel: 'news', socket_id: id, ...question })}`);
  const { story } = await ask(`/connections/${id}`);
  const end = story.find(({ kind }) => kind === 'disconnected');
  const { activities } = await ask(`/activity?kind=event&limit=1&before=${end.id}`);
  const lost = await why({ activity: activities[0].id });
  assert.deepEqual([lost.verdict, lost.parameters.case], ['too_slow', 'dropped'], JSON.stringify(lost));
  assert.match(lost.parameters.reason, /does not keep up/);
  await backend.trigger('news', 'later', 'x');
  const later = await why({ event: 'later' });
  assert.deepEqual([later.verdict, later.parameters.case], ['too_slow', 'closed'], JSON.stringify(later));
});
