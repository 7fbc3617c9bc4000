import { createServer } from 'node:http';

import { backend, backendWith } from './backend.js';

const forger = backendWith({ secret: 'not the secret of the app' });

/**
 * The part of a Laravel site that pages talk to: `/broadcasting/auth`, `/broadcasting/user-auth`, and `/trigger` in
 * the place of a controller that broadcasts. A bearer token is the id of the user who is logged in.
 */
export async function openSite(pages = {}) {
  const routes = {
    'POST /broadcasting/auth': (visit) => authorizeChannel(visit),
    'POST /broadcasting/user-auth': (visit) => authenticateUser(visit),
    'POST /trigger': (visit) => trigger(visit),
    ...pages,
  };
  const server = createServer(async (request, response) => {
    const { status = 200, type = 'application/json', body } = await answer(routes, request);
    response.writeHead(status, { 'Content-Type': type }).end(body);
  });
  await new Promise((resolve) => server.listen(0, 'localhost', resolve));
  // The site is up for as long as any test runs, and keeps no test running.
  server.unref();
  return `http://localhost:${server.address().port}`;
}

async function answer(routes, request) {
  const route = routes[`${request.method} ${request.url}`];
  if (!route) return { status: 404 };
  const parts = [];
  for await (const part of request) parts.push(part);
  const user = request.headers.authorization?.replace('Bearer ', '');
  return route({ user, body: Buffer.concat(parts).toString() });
}

/** Channels with `forbidden` in their name are refused here; what it says of `forged` ones Clairon must refuse. */
export function authorizeChannel({ user, body }) {
  const form = new URLSearchParams(body);
  const channel = form.get('channel_name');
  if (!user || channel.includes('forbidden')) return { status: 403, body: '{"message":"Forbidden"}' };
  const member = channel.startsWith('presence-') ? { user_id: user, user_info: { name: `The ${user}` } } : undefined;
  const signer = channel.includes('forged') ? forger : backend;
  return { body: JSON.stringify(signer.authorizeChannel(form.get('socket_id'), channel, member)) };
}

/** The parameter `watchlist` names the users to watch, separated by commas. */
function authenticateUser({ user, body }) {
  const form = new URLSearchParams(body);
  if (!user) return { status: 403, body: '{"message":"Forbidden"}' };
  const data = { id: user, user_info: { name: `The ${user}` }, watchlist: form.get('watchlist')?.split(',') };
  return { body: JSON.stringify(backend.authenticateUser(form.get('socket_id'), data)) };
}

async function trigger({ body }) {
  const { channels, event, data, except } = JSON.parse(body);
  await backend.trigger(channels, event, data, except && { socket_id: except });
  return { body: '{}' };
}
