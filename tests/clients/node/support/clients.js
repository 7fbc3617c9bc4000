import Echo from 'laravel-echo';
import Pusher from 'pusher-js';

import { awaited } from './heard.js';
import { echoOptions, pusherOptions } from './options.js';
import { app, host, port, tls } from './settings.js';
import { openSite } from './site.js';

const site = await openSite();

/** A pusher-js client that connects at once and is gone when the test `t` is. */
export function pusherClient(t, { user, watchlist, key = app.key, ...options } = {}) {
  const client = new Pusher(key, { ...pusherOptions({ host, port, tls, site, user, watchlist }), ...options });
  t.after(() => client.disconnect());
  return client;
}

/** An Echo client of the same kind. */
export function echoClient(t, { user, broadcaster } = {}) {
  const echo = new Echo({ ...echoOptions({ ...app, host, port, tls, site, user, broadcaster }), Pusher });
  t.after(() => echo.disconnect());
  return echo;
}

/** Resolves once `client` is connected, with its socket id. */
export async function connected(client) {
  if (client.connection.state !== 'connected') {
    await awaited(
      () => `connection (state: ${client.connection.state})`,
      (resolve) => client.connection.bind('connected', resolve),
    );
  }
  return client.connection.socket_id;
}

/** Subscribes and resolves with the channel once the server has agreed. */
export async function subscribe(client, name) {
  const channel = client.subscribe(name);
  await subscribed(channel);
  return channel;
}

/** Resolves with the data of the next success of `channel`. */
export function subscribed(channel) {
  return awaited(
    () => `subscription to ${channel.name}`,
    (resolve) => channel.bind('pusher:subscription_succeeded', resolve),
  );
}

/** Signs the user in and resolves once server-to-user events arrive. */
export async function signIn(client) {
  await connected(client);
  client.signin();
  await awaited(
    () => 'subscription to the events of the signed-in user',
    (resolve) =>
      client.connection.bind('message', ({ event, channel }) => {
        if (event === 'pusher_internal:subscription_succeeded' && channel?.startsWith('#server-to-user-')) resolve();
      }),
  );
}
