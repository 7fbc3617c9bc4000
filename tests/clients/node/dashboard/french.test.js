import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import test, { after } from 'node:test';

import WebSocket from 'ws';

import { backend } from '../support/backend.js';
import { connected, pusherClient, subscribe } from '../support/clients.js';
import { closeBrowser, open, settled, visit } from '../support/dashboard.js';
import { awaited } from '../support/heard.js';
import { unique } from '../support/options.js';
import { startServer } from '../support/server.js';
import { app, host, port } from '../support/settings.js';

after(closeBrowser);

const FRENCH = { locale: 'fr-FR' };

/** Connects to `path` and resolves once the server has closed the connection. */
async function turnedAway(port, path, headers = {}) {
  const socket = new WebSocket(`ws://${host}:${port}${path}`, { headers });
  await awaited(
    () => `an end of ${path}`,
    (resolve) => socket.once('close', resolve),
  );
}

/** A client that speaks the protocol by hand. */
async function rawClient(t, port) {
  const socket = new WebSocket(`ws://${host}:${port}/app/${app.key}?protocol=7`);
  t.after(() => socket.terminate());
  const frames = [];
  let wake = () => {};
  socket.on('message', (text) => {
    frames.push(JSON.parse(text));
    wake();
  });
  const next = (what, fits) =>
    awaited(
      () => what,
      (resolve) => {
        wake = () => {
          const index = frames.findIndex(fits);
          if (index >= 0) resolve(frames.splice(index, 1)[0]);
        };
        wake();
      },
    );
  const { data } = await next('a welcome', ({ event }) => event === 'pusher:connection_established');
  const send = (event, data, more = {}) => socket.send(JSON.stringify({ event, data, ...more }));
  /** Sends, and resolves once the server has answered with an error. */
  const refused = async (event, data, more) => {
    send(event, data, more);
    await next(`a refusal of ${event}`, ({ event }) => event === 'pusher:error');
  };
  return { id: JSON.parse(data).socket_id, socket, refused };
}

const signature = (text, secret = app.secret) => createHmac('sha256', secret).update(text).digest('hex');

/** Posts to the API with a signature of `secret`; parameters may be changed. */
async function post(port, path, body, { secret = app.secret, sent = body, ...changes } = {}) {
  const parameters = {
    auth_key: app.key,
    auth_timestamp: Math.floor(Date.now() / 1000),
    auth_version: '1.0',
    body_md5: createHash('md5').update(body).digest('hex'),
    ...changes,
  };
  const query = Object.keys(parameters)
    .filter((name) => parameters[name] !== undefined)
    .sort()
    .map((name) => `${name}=${parameters[name]}`)
    .join('&');
  const signed = signature(`POST\n${path}\n${query}`, secret);
  const answer = await fetch(`http://${host}:${port}${path}?${query}&auth_signature=${signed}`, { method: 'POST', body: sent });
  assert.ok(answer.status >= 400, `${path}: ${answer.status}`);
}

/** Every kind of refusal that a client or a backend can cause. */
async function causeRefusals(t, port) {
  await turnedAway(port, '/app/nobody-has-this-key?protocol=7');
  await turnedAway(port, `/app/${app.id}?protocol=7`);
  await turnedAway(port, `/app/${app.secret}?protocol=7`);
  await turnedAway(port, `/ws/app/${app.key}?protocol=7`);
  await turnedAway(port, '/elsewhere');
  await turnedAway(port, `/app/${app.key}?protocol=3`);

  const { id, socket, refused } = await rawClient(t, port);
  const subscribing = (channel, more) => refused('pusher:subscribe', { channel, ...more });
  const auth = (text, secret) => `${app.key}:${signature(text, secret)}`;
  await subscribing('private-x');
  await subscribing('private-x', { auth: 'nonsense' });
  await subscribing('private-x', { auth: auth(`${id}:private-x`, 'another secret') });
  await subscribing('private-x', { auth: auth(`${id}:x`) });
  await subscribing('private-x', { auth: `other-key:${signature('x')}` });
  await subscribing('presence-x', { auth: auth(`${id}:presence-x`) });
  await subscribing('presence-x', { auth: auth(`${id}:presence-x:[]`), channel_data: '[]' });
  await subscribing('presence-x', { auth: auth(`${id}:presence-x:{"user_id":""}`), channel_data: '{"user_id":""}' });
  await subscribing('presence-x', { auth: auth(`${id}:presence-x`), channel_data: '{"user_id":"1"}' });
  await subscribing('private-x', { auth: auth(`${id}:private-x`), channel_data: '{}' });
  await subscribing('a channel');
  await subscribing('x'.repeat(300));
  await subscribing('#server-to-user-ada');
  await refused('pusher:signin', { auth: auth(`${id}::user::{}`, 'another secret'), user_data: '{}' });
  await refused('pusher:signin', { auth: auth(`${id}::user::{}`), user_data: '{}' });
  await refused('client-typing', {}, { channel: 'private-x' });
  socket.send(JSON.stringify({ event: 'pusher:subscribe', data: { channel: 'public' } }));
  await refused('client-typing', {}, { channel: 'public' });
  await refused(`client-${'x'.repeat(300)}`, {}, { channel: 'public' });
  socket.send('x'.repeat(4_000_000));
  await awaited(
    () => 'an end of the connection',
    (resolve) => socket.once('close', resolve),
  );

  const path = `/apps/${app.id}/events`;
  const event = JSON.stringify({ name: 'e', channels: ['c'], data: 'x' });
  await post(port, path, event, { secret: 'another secret' });
  await post(port, path, event, { auth_timestamp: 1 });
  await post(port, path, event, { auth_timestamp: 9_000_000_000 });
  await post(port, path, event, { auth_timestamp: 'yesterday' });
  await post(port, path, event, { auth_version: '2.0' });
  await post(port, path, event, { auth_key: undefined });
  await post(port, path, event, { auth_key: 'other-key' });
  await post(port, path, event, { sent: event.replace('x', 'y') });
  await post(port, '/apps/nobody/events', event);
  await post(port, `/apps/${app.key}/events`, event);
  await post(port, path, '[]');
  await post(port, path, '{}');
  await post(port, path, JSON.stringify({ name: 'e', channels: ['a channel'], data: 'x' }));
  await post(port, path, JSON.stringify({ name: 'e', channels: ['c'], data: 'x', socket_id: 'x' }));
  await post(port, path, JSON.stringify({ name: 'e'.repeat(300), channels: ['c'], data: 'x' }));
  await post(port, path, JSON.stringify({ name: 'e', channels: ['c'], data: 'x'.repeat(150_000) }));
  await post(port, path, JSON.stringify({ name: 'e', channels: Array.from({ length: 200 }, (_, index) => `c${index}`), data: 'x' }));
}

test('reasons of refusals and ends are in French', async (t) => {
  // A server of its own, so that the page has the reasons of this test and no others.
  const password = 'a password of this test';
  const env = { CLAIRON_DASHBOARD_PASSWORD: password, CLAIRON_APP_CLIENT_MESSAGES: 'true', CLAIRON_APP_USER_AUTHENTICATION: 'true' };
  const { port } = await startServer(t, { env });
  const server = { port, password };
  const page = await open(t, '/live?kind=refusals,connections', { ...FRENCH, server, viewport: { width: 1280, height: 5_000 } });
  await page.getByText('À l’écoute', { exact: true }).waitFor();
  await causeRefusals(t, port);
  const last = unique('private-forged-last');
  pusherClient(t, { user: 'ada', wsPort: port }).subscribe(last);
  await page.locator('.activity').filter({ hasText: last }).waitFor();
  const reasons = page.locator('.activity-reason');
  const english = await reasons.evaluateAll((all) => all.filter(({ lang }) => lang !== 'fr').map(({ textContent }) => textContent));
  assert.deepEqual(english, []);
  const different = new Set(await reasons.allTextContents());
  assert.ok(different.size >= 35, `${different.size}: ${[...different].join('\n')}`);
  // The English page has the words of the server.
  await page.getByText('EN', { exact: true }).first().click();
  await page.getByText('the app', { exact: false }).first().waitFor();
  assert.equal(await page.locator('.activity-reason:not([lang=en])').count(), 0);
});

test('answers and checks are in French, with times in the zone of the viewer', async (t) => {
  const live = await open(t, `/live?app=${app.id}`, FRENCH);
  await live.getByText('À l’écoute', { exact: true }).waitFor();
  const client = pusherClient(t, { user: 'ada' });
  const id = await connected(client);
  const [name, forged] = [unique('french'), unique('private-forged-french')];
  await subscribe(client, name);
  client.subscribe(forged);
  await live.locator('.activity').filter({ hasText: forged }).waitFor();
  await backend.trigger([name, forged], 'order.shipped', 'x');
  for (const [channel, words] of [
    [name, /^L’événement «\sorder\.shipped\s» sur «\s.*\s» a été envoyé à cette connexion à 1?\d/],
    [forged, /son abonnement a été refusé à .*Aucun secret ne donne cette signature/],
  ]) {
    const query = new URLSearchParams({ app: app.id, event: 'order.shipped', channel, socket_id: id });
    const page = await open(t, `/why?${query}`, { ...FRENCH, timezoneId: 'Asia/Tokyo' });
    await page.locator('[data-verdict]').waitFor();
    const answer = page.locator('.verdict-answer');
    assert.match(await answer.textContent(), words);
    assert.equal(await answer.getAttribute('lang'), null);
    // The time in the sentence is that of the evidence below, which is in the zone too.
    const time = await page.locator('.story li').filter({ hasText: 'order.shipped' }).locator('time').textContent();
    assert.ok((await answer.textContent()).includes(time), time);
    assert.equal(await page.locator('main [lang=en]').count(), 0);
  }
  const page = await open(t, '/checks', FRENCH);
  await settled(page, 'Diagnostic');
  await page.locator('[data-check]').first().waitFor();
  assert.equal(await page.locator('main [lang=en]').count(), 0);
});

test('a refusal of a form is in French', async (t) => {
  const page = await open(t, `/apps/${app.id}`, FRENCH);
  await settled(page, app.id);
  await page.getByLabel('Données d’un événement, octets').fill('0');
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  const note = page.getByRole('alert');
  await note.getByText('event_data_bytes vaut 0, permis : les nombres entiers de').waitFor();
  assert.equal(await note.locator('[lang=en]').count(), 0);
});

test('refusals of the admin API are in French', async (t) => {
  const page = await open(t, '/apps', FRENCH);
  await settled(page, 'Applications');
  const viewer = await open(t, '/apps', { ...FRENCH, role: 'viewer' });
  await settled(viewer, 'Applications');
  /** The answer to a request of a page. */
  const asked = (page, method, path, body) =>
    page.evaluate(
      async ([method, path, body]) => {
        const headers = { 'X-Clairon-Dashboard': '1', 'Content-Type': 'application/json' };
        const answer = await fetch(`../admin/api/${path}`, { method, headers, body: body && JSON.stringify(body) });
        return { status: answer.status, body: await answer.text() };
      },
      [method, path, body],
    );
  const { id } = JSON.parse((await asked(page, 'POST', 'apps', { name: 'Full' })).body);
  for (let count = 1; count < 10; count += 1) await asked(page, 'POST', `apps/${id}/keys`);
  const url = 'http://a.test';
  const hook = (body) => asked(page, 'POST', `apps/${id}/webhooks`, body);
  const event = (body) => asked(page, 'POST', `apps/${app.id}/events`, { name: 'e', channels: ['c'], data: 'x', ...body });
  const refusals = [
    await asked(page, 'GET', 'apps/nobody'),
    await asked(page, 'GET', 'history?app=nobody'),
    await asked(page, 'GET', `apps?search=${'x'.repeat(300)}`),
    await asked(page, 'GET', 'apps?limit=0'),
    await asked(page, 'GET', `apps/${id}/connections/1.1`),
    await asked(page, 'GET', `apps/${id}/connections/x`),
    await asked(page, 'GET', `apps/${id}/channels/a%20b`),
    await asked(page, 'GET', `apps/${id}/why?event=${'x'.repeat(2_000)}&channel=c`),
    await asked(page, 'POST', 'apps', { id: app.id }),
    await asked(page, 'POST', 'apps', { key: app.key }),
    await asked(page, 'POST', 'apps', { name: 'x'.repeat(300) }),
    await asked(page, 'POST', 'apps', { name: 'a\u0007' }),
    await asked(page, 'POST', 'apps', { name: 'x'.repeat(300), allowed_origins: ['https://a.test/x'] }),
    await asked(page, 'POST', `apps/${id}/keys`),
    await asked(page, 'DELETE', `apps/${id}/keys/none`),
    await asked(page, 'DELETE', `apps/${app.id}/keys/${app.key}`),
    await hook({}),
    await hook({ url: 'ftp://a.test' }),
    await hook({ url: 'http://' }),
    await hook({ url, headers: { Host: 'x' } }),
    await hook({ url, channels: ['a b'] }),
    await hook({ url, channels: Array.from({ length: 60 }, (_, index) => `c${index}`) }),
    await hook({ url, secret: '…' }),
    await asked(page, 'GET', `apps/${id}/webhooks/000000000000`),
    await event({ channels: ['a b'] }),
    await event({ name: 'x'.repeat(300) }),
    await event({ data: 'x'.repeat(150_000) }),
    await asked(viewer, 'POST', 'apps', {}),
    await asked(viewer, 'GET', 'apps?show_secret=true'),
  ];
  await asked(page, 'POST', `apps/${id}/disable`);
  refusals.push(await asked(page, 'POST', `apps/${id}/events`, { name: 'e', channels: ['c'], data: 'x' }));
  await asked(page, 'DELETE', `apps/${id}`);

  // A page that gets each of them.
  let refusal;
  await page.route(/\/admin\/api\/checks$/, (route) => route.fulfill({ ...refusal, contentType: 'application/problem+json' }));
  await visit(page, '/checks');
  const note = page.getByRole('alert');
  for (refusal of refusals) {
    assert.ok(refusal.status >= 400, refusal.body);
    await page.reload();
    await note.waitFor();
    assert.equal(await note.locator('[lang=en]').count(), 0, `${await note.textContent()}: ${refusal.body}`);
  }
  // Words from outside are marked.
  refusal = { status: 502, body: JSON.stringify({ detail: 'cannot connect to hook.test:443: Network is unreachable (os error 101)' }) };
  await page.reload();
  await note.getByText('connexion à hook.test:443 impossible').waitFor();
  assert.equal(await note.locator('[lang=en]').textContent(), 'Network is unreachable (os error 101)');
});
