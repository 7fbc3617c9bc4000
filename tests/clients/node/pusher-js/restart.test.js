import assert from 'node:assert/strict';
import test from 'node:test';

import { backendWith } from '../support/backend.js';
import { pusherClient, subscribe, subscribed } from '../support/clients.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';
import { lowPort, startServer } from '../support/server.js';

for (const [how, signal] of [
  ['is stopped', 'SIGTERM'],
  ['is killed', 'SIGKILL'],
]) {
  test(`when the server ${how} and comes back, the client does too, with its channels`, async (t) => {
    const heard = new Heard();
    const server = await startServer(t, { port: await lowPort() });
    const client = pusherClient(t, { user: 'alice', wsPort: server.port });
    const channel = await subscribe(client, unique('private-room'));
    channel.bind('sent', heard.as('sent'));

    const [status] = await server.stop(signal);
    const back = subscribed(channel);
    await startServer(t, server);
    await back;

    await backendWith({ port: server.port }).trigger(channel.name, 'sent', { after: 'the restart' });
    assert.deepEqual(await heard.next('sent'), { after: 'the restart' });
    if (signal === 'SIGTERM') assert.equal(status, 0, 'exit status');
  });
}
