/** An event to send, and the server to send it to. */
export interface Draft {
  app: string;
  key: string;
  /** Of the server, without a `/` at its end. */
  url: string;
  channels: string[];
  event: string;
  data: string;
  socketId: string;
}

/** A word of a POSIX shell. */
export const shellQuoted = (text: string) => (/^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/** A string of PHP. */
export const phpQuoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** `clairon publish` for a server anywhere. */
export function claironSnippet({ app, key, url, channels, event, data, socketId }: Draft): string {
  const [first = '', ...others] = channels;
  const server = new URL(url);
  const prefix = server.pathname === '/' ? '' : server.pathname;
  const options = [
    ...others.flatMap((channel) => ['--channel', shellQuoted(channel)]),
    ...(socketId ? ['--socket-id', shellQuoted(socketId)] : []),
  ];
  // Words that begin with a hyphen would be options.
  const words = ['--', first, event, data].map(shellQuoted);
  return [
    `export PUSHER_URL="${server.protocol}//${key}:$PUSHER_APP_SECRET@${server.host}${prefix}/apps/${app}"`,
    `clairon publish --url "$PUSHER_URL" ${[...options, ...words].join(' ')}`,
  ].join('\n');
}

/** A signed request of the Pusher HTTP API with curl and openssl. */
export function curlSnippet({ app, key, url, channels, event, data, socketId }: Draft): string {
  const body = JSON.stringify({ name: event, channels, data, ...(socketId && { socket_id: socketId }) });
  return `body=${shellQuoted(body)}
path=${shellQuoted(`/apps/${app}/events`)}
md5=$(printf '%s' "$body" | openssl dgst -md5 -r | cut -d' ' -f1)
query="auth_key=${key}&auth_timestamp=$(date +%s)&auth_version=1.0&body_md5=$md5"
signature=$(printf 'POST\\n%s\\n%s' "$path" "$query" | openssl dgst -sha256 -hmac "$PUSHER_APP_SECRET" -r | cut -d' ' -f1)

curl --silent --show-error --fail-with-body --header 'Content-Type: application/json' --data-raw "$body" \\
    ${shellQuoted(url)}"$path?$query&auth_signature=$signature"`;
}

/** Pusher's library for PHP, which Laravel uses too. The data is sent as it is. */
export function phpSnippet({ app, key, url, channels, event, data, socketId }: Draft): string {
  const server = new URL(url);
  const scheme = server.protocol.replace(':', '');
  const port = server.port || (scheme === 'https' ? '443' : '80');
  const path = server.pathname === '/' ? '' : `\n    'path' => ${phpQuoted(server.pathname)},`;
  const params = socketId ? `['socket_id' => ${phpQuoted(socketId)}]` : '[]';
  return `<?php // composer require pusher/pusher-php-server
require 'vendor/autoload.php';

$pusher = new Pusher\\Pusher(${phpQuoted(key)}, getenv('PUSHER_APP_SECRET'), ${phpQuoted(app)}, [
    'host' => ${phpQuoted(server.hostname)},
    'port' => ${port},
    'scheme' => ${phpQuoted(scheme)},
    'useTLS' => ${scheme === 'https'},${path}
]);
$channels = [${channels.map(phpQuoted).join(', ')}];
$pusher->trigger($channels, ${phpQuoted(event)}, ${phpQuoted(data)}, ${params}, true);`;
}
