import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

/** A Redis of the test's own that stores nothing on disk. */
export async function openRedis(t) {
  const port = await freePort();
  let child = await start(port);
  t.after(() => child.kill('SIGKILL'));
  return {
    url: `redis://127.0.0.1:${port}`,
    /** Sends a command, suspends the server for some milliseconds, or restarts it without its data after them. */
    async harm(fault, milliseconds) {
      if (fault === 'SIGSTOP') {
        child.kill('SIGSTOP');
        await pause(milliseconds);
        child.kill('SIGCONT');
      } else if (fault === 'restart') {
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        await ended;
        await pause(milliseconds);
        child = await start(port);
      } else {
        const socket = connect(port, '127.0.0.1');
        socket.write(`${fault}\r\n`);
        await once(socket, 'data');
        socket.destroy();
      }
    },
  };
}

async function start(port) {
  const child = spawn('redis-server', ['--bind', '127.0.0.1', '--port', port, '--save', '', '--appendonly', 'no'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('Ready to accept connections')) break;
  }
  child.stdout.resume();
  return child;
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
