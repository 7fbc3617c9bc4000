import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { pusherClient, subscribe } from '../support/clients.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';

const run = promisify(execFile);
const script = fileURLToPath(new URL('../../curl/trigger.sh', import.meta.url));

test('an event signed with openssl and sent with curl reaches a subscriber', async (t) => {
  const heard = new Heard();
  const channel = await subscribe(pusherClient(t), unique('orders'));
  channel.bind('App\\Events\\Shipped', heard.as('shipped'));

  const { stdout } = await run('sh', [script, channel.name, 'App\\Events\\Shipped', '{"order":"a \\"b\\" \\\\ c"}']);

  assert.equal(stdout, '{}');
  assert.deepEqual(await heard.next('shipped'), { order: 'a "b" \\ c' });
});

test('a wrong secret fails, and curl shows why', async () => {
  const env = { ...process.env, PUSHER_APP_SECRET: 'wrong' };
  await assert.rejects(run('sh', [script, 'orders', 'sent', '{}'], { env }), ({ code, stdout, stderr }) => {
    assert.equal(code, 22);
    assert.match(stderr, /401/);
    assert.ok(JSON.parse(stdout).error);
    return true;
  });
});
