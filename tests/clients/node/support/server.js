import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

import { app } from './settings.js';

/** A server of the test's own, for tests that stop it. `port` 0 lets the system choose. */
export async function startServer(t, { port = 0, database = 'sqlite::memory:', env = {} } = {}) {
  const child = spawn(
    process.env.CLAIRON_BIN,
    ['serve', '--host', '127.0.0.1', '--port', port, '--log-format', 'json', '--database', database],
    {
      env: { PUSHER_APP_ID: app.id, PUSHER_APP_KEY: app.key, PUSHER_APP_SECRET: app.secret, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const exited = once(child, 'exit');
  t.after(() => child.kill('SIGKILL'));
  const stop = (signal) => {
    child.kill(signal);
    return exited;
  };
  return { port: await listeningPort(child.stderr), database, env, stop };
}

/** A free port. The system gives higher ones to connections, so none takes it while a server restarts. */
export async function lowPort() {
  for (;;) {
    const port = 8_000 + Math.floor(Math.random() * 2_000);
    const server = createServer();
    const isFree = await new Promise((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/** The port in the line that says ready. The lines after it are read too, so that the pipe never fills. */
function listeningPort(stderr) {
  const lines = [];
  return new Promise((resolve, reject) => {
    createInterface({ input: stderr })
      .on('line', (line) => {
        lines.push(line);
        const { message, http } = line.startsWith('{') ? JSON.parse(line) : {};
        if (message === 'ready') resolve(Number(new URL(http).port));
      })
      .on('close', () => reject(new Error(`the server ended before it was ready:\n${lines.join('\n')}`)));
  });
}
