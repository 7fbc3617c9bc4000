import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import test, { after } from 'node:test';
import { promisify } from 'node:util';

import { connected, pusherClient, subscribe } from '../support/clients.js';
import { closeBrowser, open, settled } from '../support/dashboard.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';
import { app } from '../support/settings.js';

after(closeBrowser);

const run = promisify(execFile);

async function fill(page, { channels, event, data, exclude = '' }) {
  await page.getByLabel('Channels').fill(channels);
  await page.getByLabel('Event', { exact: true }).fill(event);
  await page.getByLabel('Data').fill(data);
  await page.getByLabel('Leave out a connection').fill(exclude);
}

test('an event reaches its channels without the excluded connection, and JSON is checked', async (t) => {
  const heard = new Heard();
  const [one, left] = [pusherClient(t), pusherClient(t)];
  const id = await connected(left);
  const [first, second] = [unique('creator'), unique('creator')];
  for (const name of [first, second]) {
    (await subscribe(one, name)).bind('greeting', heard.as(name));
    (await subscribe(left, name)).bind('greeting', heard.as('left out'));
  }
  const page = await open(t, '/events');
  await settled(page, 'Event creator');
  await fill(page, { channels: `${first}\n${second}`, event: 'greeting', data: '{"text": ', exclude: id });
  await page.locator('[data-json="false"]').waitFor();
  await page.getByLabel('Data').fill('{"text": "Hello"}');
  await page.locator('[data-json="true"]').waitFor();
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  assert.deepEqual(await heard.next(first), { text: 'Hello' });
  assert.deepEqual(await heard.next(second), { text: 'Hello' });
  await page.locator('.receivers li').filter({ hasText: first }).filter({ hasText: '1 receiver' }).waitFor();
  assert.ok(!heard.names.includes('left out'));

  const user = '#server-to-user- bob, with spaces ';
  await fill(page, { channels: user, event: 'greeting', data: '{}' });
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  assert.equal(await page.locator('.receivers .mono').textContent(), user);
  // What came of another event is not shown beside this one.
  await fill(page, { channels: user, event: 'greeting', data: '[' });
  await page.locator('.receivers').waitFor({ state: 'detached' });

  await fill(page, { channels: unique('nobody'), event: 'greeting', data: '{}' });
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.getByText('Nobody is subscribed').waitFor();
  await fill(page, { channels: 'not/a/channel', event: 'greeting', data: '{}' });
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.getByRole('alert').waitFor();
});

test('the commands for curl and clairon publish do the same, whatever the data', async (t) => {
  const heard = new Heard();
  const name = unique('commands');
  const event = "it's-an.event";
  const channel = await subscribe(pusherClient(t), name);
  channel.bind(event, heard.as('event'));
  const page = await open(t, '/events');
  await settled(page, 'Event creator');
  const data = `{"text":"it's \\"quoted\\" $HOME \`id\` \\\\ é"}`;
  await fill(page, { channels: name, event, data });
  const env = { ...process.env, PUSHER_APP_SECRET: app.secret, PATH: `${dirname(process.env.CLAIRON_BIN)}:${process.env.PATH}` };
  for (const maker of ['curl', 'clairon publish']) {
    await page.getByText(maker, { exact: true }).click();
    const command = await page.getByRole('region', { name: maker }).textContent();
    assert.ok(!command.includes(app.secret));
    await run('sh', ['-euc', command], { env });
    assert.deepEqual(await heard.next('event'), JSON.parse(data), maker);
  }
});

test('the lines for PHP are a program with the same values', async (t) => {
  const page = await open(t, '/events');
  await settled(page, 'Event creator');
  await fill(page, { channels: 'a\nb', event: "it's", data: String.raw`{"path":"C:\\dir\\'x'"}`, exclude: '1.2' });
  await page.getByText('PHP', { exact: true }).click();
  const program = await page.getByRole('region', { name: 'PHP' }).textContent();
  const stub = `namespace Pusher { class Pusher { function __construct(...$a) {}
    function trigger(...$arguments) { echo json_encode($arguments); } } }`;
  const body = program.replace(/^<\?php.*\n/, '').replace("require 'vendor/autoload.php';", '');
  const { stdout } = await run('php', ['-r', `${stub} namespace { ${body} }`]);
  assert.deepEqual(JSON.parse(stdout), [['a', 'b'], "it's", String.raw`{"path":"C:\\dir\\'x'"}`, { socket_id: '1.2' }, true]);
});
