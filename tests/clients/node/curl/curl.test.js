import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { pusherClient, signIn, subscribe } from '../support/clients.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';

const run = promisify(execFile);
const path = (name) => fileURLToPath(new URL(`../../curl/${name}`, import.meta.url));
const script = path('trigger.sh');

test('an event signed with openssl and sent with curl reaches a subscriber', async (t) => {
  const heard = new Heard();
  const channel = await subscribe(pusherClient(t), unique('orders'));
  channel.bind('App\\Events\\Shipped', heard.as('shipped'));

  const { stdout } = await run('sh', [script, channel.name, 'App\\Events\\Shipped', '{"order":"a \\"b\\" \\\\ c"}']);

  assert.equal(stdout, '{}');
  assert.deepEqual(await heard.next('shipped'), { order: 'a "b" \\ c' });
});

for (const id of ['a b', 'a/b?c', '50% #1', 'a\\b', '..']) {
  test(`the user ${id} is found by an id that is percent-encoded for curl`, async (t) => {
    const user = id === '..' ? id : `${unique('user')}${id}`;
    const heard = new Heard();
    const client = pusherClient(t, { user });
    client.connection.bind('disconnected', heard.as('disconnected'));
    await signIn(client);

    const { stdout } = await run('sh', [path('terminate.sh'), encodeURIComponent(user)]);

    assert.equal(stdout, '{}');
    await heard.next('disconnected');
  });
}

test('a wrong secret fails, and curl shows why', async () => {
  const env = { ...process.env, PUSHER_APP_SECRET: 'wrong' };
  await assert.rejects(run('sh', [script, 'orders', 'sent', '{}'], { env }), ({ code, stdout, stderr }) => {
    assert.equal(code, 22);
    assert.match(stderr, /401/);
    assert.ok(JSON.parse(stdout).error);
    return true;
  });
});
