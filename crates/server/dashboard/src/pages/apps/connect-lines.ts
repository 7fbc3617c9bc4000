import type { Place } from '../../core/server-url';

/** A value of an `.env` file: quoted if it has characters that `.env` files give a meaning. */
const quoted = (value: string) =>
  /^[\w./:@%+=,-]*$/.test(value) ? value : `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('$', '\\$')}"`;

/** The same lines as `clairon app show ID --env`. Without a secret there is a comment, because an empty value copied
 * over a project's `.env` would delete it. */
export function envLines(app: string, key: string, secret: string | null, { scheme, host, port }: Place): string {
  return `BROADCAST_CONNECTION=pusher
BROADCAST_DRIVER=pusher
PUSHER_APP_ID=${app}
PUSHER_APP_KEY=${key}
${secret === null ? '# PUSHER_APP_SECRET=' : `PUSHER_APP_SECRET=${quoted(secret)}`}
PUSHER_HOST=${host}
PUSHER_PORT=${port}
PUSHER_SCHEME=${scheme}
PUSHER_APP_CLUSTER=mt1
VITE_PUSHER_APP_KEY="\${PUSHER_APP_KEY}"
VITE_PUSHER_HOST="\${PUSHER_HOST}"
VITE_PUSHER_PORT="\${PUSHER_PORT}"
VITE_PUSHER_SCHEME="\${PUSHER_SCHEME}"
VITE_PUSHER_APP_CLUSTER="\${PUSHER_APP_CLUSTER}"`;
}

/** `enabledTransports` keeps pusher-js from falling back to hosts of hosted Pusher. */
export function echoLines({ prefix }: Place): string {
  return `import Echo from 'laravel-echo';
import Pusher from 'pusher-js';

window.Pusher = Pusher;
window.Echo = new Echo({
    broadcaster: 'pusher',
    key: import.meta.env.VITE_PUSHER_APP_KEY,
    cluster: import.meta.env.VITE_PUSHER_APP_CLUSTER,
    wsHost: import.meta.env.VITE_PUSHER_HOST,
    wsPort: import.meta.env.VITE_PUSHER_PORT,
    wssPort: import.meta.env.VITE_PUSHER_PORT,
${prefix && `    wsPath: '${prefix}',\n`}    forceTLS: import.meta.env.VITE_PUSHER_SCHEME === 'https',
    enabledTransports: ['ws', 'wss'],
});`;
}
