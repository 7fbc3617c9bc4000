import assert from 'node:assert/strict';
import test, { after } from 'node:test';

import WebSocket from 'ws';

import { connected, pusherClient, signIn, subscribe } from '../support/clients.js';
import { closeBrowser, open, settled } from '../support/dashboard.js';
import { awaited, Heard } from '../support/heard.js';
import { unique } from '../support/options.js';
import { app, host, port } from '../support/settings.js';

after(closeBrowser);

test('the list says who is connected, from where and with what, and a search finds one', async (t) => {
  const user = unique('connection-user');
  const client = pusherClient(t, { user });
  const id = await connected(client);
  await signIn(client);
  await subscribe(client, unique('list'));
  const page = await open(t, '/connections');
  await settled(page, 'Connections');
  await page.getByLabel('Search connections').fill(user);
  const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: id, exact: true }) });
  await row.waitFor();
  const text = await row.textContent();
  assert.match(text, /127\.0\.0\.1/);
  assert.match(text, /pusher-js 8\.6\.0/);
  assert.ok(text.includes(user));
  await page.getByLabel('Search connections').fill('nobody has this');
  await page.getByText('No connection matches').waitFor();
});

test('a connection that begins while somebody looks has its origin and its browser', async (t) => {
  const watcher = await open(t, '/live');
  await watcher.getByText('Watching', { exact: true }).waitFor();
  const url = `ws://${host}:${port}/app/${app.key}?protocol=7&client=dart&version=2.0`;
  const socket = new WebSocket(url, { headers: { Origin: 'https://shop.example', 'User-Agent': 'Shop/1.0' } });
  t.after(() => socket.close());
  const welcome = await awaited(
    () => 'a welcome',
    (resolve) => socket.once('message', resolve),
  );
  const { socket_id: id } = JSON.parse(JSON.parse(welcome).data);
  const line = watcher.locator('.activity').filter({ hasText: id });
  await line.filter({ hasText: 'https://shop.example' }).waitFor();
  const page = await open(t, `/connections/${id}`);
  await settled(page, id);
  const facts = page.locator('.facts');
  for (const text of ['dart 2.0', 'https://shop.example', 'Shop/1.0']) await facts.getByText(text, { exact: true }).waitFor();
});

test('one connection has its whole story, with its refusals in words', async (t) => {
  const watcher = await open(t, '/live');
  await watcher.getByText('Watching', { exact: true }).waitFor();
  const client = pusherClient(t, { user: 'ada' });
  const id = await connected(client);
  const name = unique('story');
  await subscribe(client, name);
  client.subscribe(unique('private-forged-story'));
  client.send_event('nonsense', {});
  await watcher.locator('.activity').filter({ hasText: 'Unsupported event received on socket: nonsense' }).waitFor();
  await watcher.locator('.activity').filter({ hasText: 'subscription refused' }).first().waitFor();

  const page = await open(t, `/connections/${id}`);
  await settled(page, id);
  const story = page.locator('.story');
  await story.getByText('connected', { exact: true }).waitFor();
  await story.getByText(name).first().waitFor();
  await story.locator('li').filter({ hasText: 'subscription refused' }).filter({ hasText: 'signature' }).waitFor();
  await story.locator('li').filter({ hasText: 'message refused' }).filter({ hasText: 'nonsense' }).waitFor();
  client.disconnect();
  await story.getByText('disconnected', { exact: true }).waitFor();
  await page.getByText('ended', { exact: true }).waitFor();
});

test('an event is sent to one connection alone, and it is disconnected', async (t) => {
  const heard = new Heard();
  const [one, other] = [pusherClient(t), pusherClient(t)];
  const id = await connected(one);
  await connected(other);
  const name = unique('alone');
  const [channel, another] = [await subscribe(one, name), await subscribe(other, name)];
  channel.bind('whisper', heard.as('one'));
  another.bind('whisper', heard.as('other'));
  const page = await open(t, `/connections/${id}`);
  await settled(page, id);
  await page.getByRole('button', { name: 'Send to it alone' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Event').fill('whisper');
  await dialog.getByLabel('Channel').selectOption(name);
  await dialog.getByLabel('Data').fill('{"for":"you"}');
  await dialog.getByRole('button', { name: 'Send to it alone' }).click();
  assert.deepEqual(await heard.next('one'), { for: 'you' });
  await dialog.getByText('It was queued').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).last().click();

  const closed = awaited(
    () => 'an end of the connection',
    (resolve) => one.connection.bind('disconnected', resolve),
  );
  await page.getByRole('button', { name: 'Disconnect' }).click();
  await dialog.getByRole('switch', { name: 'It may connect again' }).uncheck();
  await dialog.getByRole('button', { name: 'Disconnect' }).click();
  await closed;
  assert.deepEqual(heard.names, ['one']);
});
