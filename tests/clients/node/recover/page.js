import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Echo from 'laravel-echo';
import Pusher from 'pusher-js';

import { recover, withRecovery } from '../../../../clients/js/dist/recover.js';
import { backend, backendWith } from '../support/backend.js';
import { Heard, awaited } from '../support/heard.js';
import { echoOptions, pusherOptions } from '../support/options.js';
import { openProxy } from '../support/proxy.js';
import { startServer } from '../support/server.js';
import { app, host, port } from '../support/settings.js';
import { authorizeChannel, openSite } from '../support/site.js';

export { backend, backendWith };

/** The requests to the backend of the page, by endpoint. */
export const requests = { one: 0, batch: 0 };

export const site = await openSite({
  'POST /broadcasting/auth': (visit) => {
    requests.one += 1;
    return authorizeChannel(visit);
  },
  'POST /broadcasting/auth/batch': ({ user, body }) => {
    requests.batch += 1;
    return { body: JSON.stringify({ channels: authorizeAll(user, JSON.parse(body)) }) };
  },
});

/** What the route of docs/recovery.md answers: refused channels are left out. */
export function authorizeAll(user, { socket_id, channels }) {
  const form = (channel) => new URLSearchParams({ socket_id, channel_name: channel }).toString();
  const answers = channels.map((channel) => [channel, authorizeChannel({ user, body: form(channel) })]);
  const granted = answers.filter(([, { status = 200 }]) => status === 200);
  return Object.fromEntries(granted.map(([channel, { body }]) => [channel, JSON.parse(body)]));
}

/** A server of the test's own, with an app that recovers events, and its database in a file. */
export async function start(t, env = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'clairon-'));
  t.after(() => rm(folder, { recursive: true }));
  const database = `sqlite://${folder}/apps.db`;
  return startServer(t, { database, env: { CLAIRON_APP_RECOVERY: 'true', ...env } });
}

/** The options of Echo in a browser, for a server on this port. */
export const browserOptions = (port, broadcaster) => ({
  broadcaster,
  key: app.key,
  cluster: 'mt1',
  wsHost: host,
  wsPort: port,
  forceTLS: false,
  enabledTransports: ['ws', 'wss'],
});

/** A page with recovery behind a proxy that breaks its connection. What it missed is noted as `missed`. */
export async function openPage(t, { user = 'alice', server = { port }, Class = Pusher, site: own = site, ...options } = {}) {
  const proxy = await openProxy(t, server.port);
  const heard = new Heard();
  const onMissed = (missed) => heard.note('missed', missed);
  const onUnsupported = () => heard.note('unsupported');
  const settings = pusherOptions({ host, port: proxy.port, site: own, user });
  const client = recover(new Class(app.key, settings), { onMissed, onUnsupported, ...options });
  t.after(() => client.disconnect());
  return { proxy, client, heard };
}

/** An Echo client of the same kind. */
export async function openEcho(t, { broadcaster = 'pusher', isClient = false, user = 'alice' } = {}) {
  const proxy = await openProxy(t, port);
  const heard = new Heard();
  const options = echoOptions({ ...app, host, port: proxy.port, site, user, broadcaster });
  const recovery = { onMissed: (missed) => heard.note('missed', missed) };
  const echo = isClient
    ? new Echo({ ...options, client: recover(new Pusher(app.key, pusherOptions({ host, port: proxy.port, site, user })), recovery) })
    : new Echo({ ...options, Pusher: withRecovery(Pusher, recovery) });
  t.after(() => echo.disconnect());
  return { proxy, echo, client: echo.connector.pusher, heard };
}

/** Resolves with the data of the next success of a channel. */
export function answered(client, name) {
  return awaited(
    () => `answer for ${name}`,
    (resolve) => {
      const see = ({ event, channel, data }) => {
        if (event !== 'pusher_internal:subscription_succeeded' || channel !== name) return;
        client.connection.unbind('message', see);
        resolve(data);
      };
      client.connection.bind('message', see);
    },
  );
}

/** Breaks the connection until `meanwhile` is done, and resolves with the answer of the next one for a channel. */
export async function comeBack(page, name, breakIt = () => page.proxy.cut(), meanwhile = async () => {}) {
  const away = awaited(
    () => 'break',
    (resolve) => page.client.connection.bind('state_change', ({ previous }) => previous === 'connected' && resolve()),
  );
  page.proxy.hold();
  breakIt();
  await away;
  const back = answered(page.client, name);
  await meanwhile();
  page.proxy.release();
  return back;
}

/** Notes the data of an event of a channel under the event's name. */
export function note(heard, channel, ...events) {
  for (const event of events) channel.bind(event, heard.as(event));
}

/** The next `count` notes under a name. */
export async function nextOf(heard, name, count) {
  const values = [];
  while (values.length < count) values.push(await heard.next(name));
  return values;
}

/** The whole numbers from `first` to `last`. */
export const range = (first, last) => Array.from({ length: last - first + 1 }, (_, index) => first + index);
