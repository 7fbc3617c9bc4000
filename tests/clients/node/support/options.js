/** The options of pusher-js that Laravel's documentation gives for a server of one's own. `site` is its backend. */
export function pusherOptions({ host, port, tls = false, site, user, watchlist }) {
  const headers = user ? { Authorization: `Bearer ${user}` } : {};
  return {
    cluster: '',
    wsHost: host,
    wsPort: port,
    wssPort: port,
    forceTLS: tls,
    enabledTransports: ['ws', 'wss'],
    channelAuthorization: { endpoint: `${site}/broadcasting/auth`, transport: 'ajax', headers },
    userAuthentication: {
      endpoint: `${site}/broadcasting/user-auth`,
      transport: 'ajax',
      headers,
      params: watchlist ? { watchlist: watchlist.join() } : {},
    },
  };
}

/** The options of Echo for the same. */
export function echoOptions({ key, host, port, tls = false, site, user, broadcaster = 'pusher' }) {
  return {
    broadcaster,
    key,
    cluster: 'mt1',
    wsHost: host,
    wsPort: port,
    wssPort: port,
    forceTLS: tls,
    enabledTransports: ['ws', 'wss'],
    authEndpoint: `${site}/broadcasting/auth`,
    userAuthentication: { endpoint: `${site}/broadcasting/user-auth`, headers: {} },
    auth: { headers: {} },
    bearerToken: user,
  };
}

let names = 0;

// Each file runs in a process of its own, and all against one server, which may still have the channels of the last one.
const run = Math.random().toString(36).slice(2, 8);

/** A name that no other test of this process uses. */
export const unique = (name) => `${name}-${run}-${++names}`;
