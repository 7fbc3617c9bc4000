import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'node:test';

import Pusher from 'pusher-js';

import { recover } from '../../../../clients/js/dist/recover.js';
import { awaited, Heard } from '../support/heard.js';
import { pusherOptions } from '../support/options.js';
import { app, host, port } from '../support/settings.js';

/** The Laravel route in the documentation, as the file of a site. */
async function route() {
  const document = await readFile(new URL('../../../../docs/recovery.md', import.meta.url), 'utf8');
  const [, code] = document.match(/```php\n(Route::post[^]*?)```/);
  return `<?php\nuse Illuminate\\Support\\Facades\\{Broadcast, Route};\n\n${code}`;
}

/** Starts Laravel with the route. Its requests are noted by their paths. */
async function startLaravel(t) {
  const folder = await mkdtemp(join(tmpdir(), 'clairon-'));
  t.after(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'bootstrap/cache'), { recursive: true });
  const file = join(folder, 'route.php');
  await writeFile(file, await route());
  const script = new URL('../../php/authorization.php', import.meta.url).pathname;
  const child = spawn('php', ['-S', '127.0.0.1:0', script], {
    env: { ...process.env, ROUTE: file, PUSHER_APP_KEY: app.key, PUSHER_APP_SECRET: app.secret },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  t.after(() => child.kill());
  const heard = new Heard();
  createInterface({ input: child.stderr }).on('line', (line) => {
    const [, started] = line.match(/\(http:\/\/127\.0\.0\.1:(\d+)\) started/) ?? [];
    if (started) heard.note('port', Number(started));
    else if (line.startsWith('asked ')) heard.note(line);
  });
  return { site: `http://127.0.0.1:${await heard.next('port')}`, heard };
}

test('the route in the documentation authorizes the channels of a page', async (t) => {
  const { site, heard } = await startLaravel(t);
  const settings = pusherOptions({ host, port, site, user: 'ada' });
  const client = recover(new Pusher(app.key, settings), { batchEndpoint: `${site}/broadcasting/auth/batch` });
  t.after(() => client.disconnect());
  const names = ['private-room-1', 'presence-room-2', 'private-forbidden-3', 'private-unknown'];
  const channels = names.map((name) => client.subscribe(name));
  const bound = (channel, event) =>
    awaited(
      () => `${event} of ${channel.name}`,
      (resolve) => channel.bind(event, resolve),
    );
  const [, members, forbidden, unknown] = await Promise.all([
    bound(channels[0], 'pusher:subscription_succeeded'),
    bound(channels[1], 'pusher:subscription_succeeded'),
    bound(channels[2], 'pusher:subscription_error'),
    bound(channels[3], 'pusher:subscription_error'),
  ]);
  assert.deepEqual(members.me, { id: 'ada', info: { name: 'The ada' } });
  assert.deepEqual([forbidden.status, unknown.status], [403, 403]);
  const asked = heard.names.filter((name) => name.startsWith('asked'));
  assert.deepEqual(asked, ['asked broadcasting/auth/batch', 'asked broadcasting/auth', 'asked broadcasting/auth']);
});
