import { adminToken, app, host, port, tls } from './settings.js';

const base = `http${tls ? 's' : ''}://${host}:${port}/admin/api`;

/** Calls the admin API about the app of the tests. */
export async function admin(method, path, body) {
  const headers = { Authorization: `Bearer ${adminToken}`, 'Content-Type': 'application/json' };
  const answer = await fetch(`${base}/apps/${app.id}${path}`, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text && JSON.parse(text);
}
