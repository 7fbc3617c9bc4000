import { adminToken, app, host, port, tls } from './settings.js';

const base = `http${tls ? 's' : ''}://${host}:${port}/admin/api`;
const authorization = { Authorization: `Bearer ${adminToken}` };

/** Calls the admin API about the app of the tests, or with the path `whole`. */
export async function admin(method, path, body, { whole = `/apps/${app.id}${path}` } = {}) {
  const headers = { ...authorization, 'Content-Type': 'application/json' };
  const answer = await fetch(`${base}${whole}`, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${whole}: ${answer.status} ${text}`);
  return text && JSON.parse(text);
}

/** The answers of streams. One that nothing refers to would be closed. */
const streams = [];

/** Watches all apps until the process ends, so that they are recorded. Nothing of it is read. */
export async function watch() {
  const answer = await fetch(`${base}/tail`, { headers: authorization });
  streams.push(answer);
  if (!answer.ok) throw new Error(`tail: ${answer.status} ${await answer.text()}`);
}
