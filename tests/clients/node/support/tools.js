import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

import { Heard } from './heard.js';
import { app, host, port } from './settings.js';

const url = `http://${app.key}:${app.secret}@${host}:${port}/apps/${app.id}`;
// The key of `backend.js`.
const key = Buffer.alloc(32, 'clairon').toString('base64');
const server = ['--url', url, '--encryption-master-key', key];

/** Runs a command of clairon for the test's server to its end. */
export const clairon = (...args) => promisify(execFile)(process.env.CLAIRON_BIN, [...args, ...server]);

/** A `clairon listen` that has subscribed to all its channels, and is gone when the test `t` is. What it prints is noted
 * by the names of events. */
export async function listen(t, ...args) {
  const child = spawn(process.env.CLAIRON_BIN, ['listen', '--json', ...args, ...server]);
  t.after(() => child.kill());
  const heard = new Heard();
  const lines = (stream, note) => createInterface({ input: stream }).on('line', note);
  lines(child.stderr, (line) => heard.note(line));
  lines(child.stdout, (line) => {
    const event = JSON.parse(line);
    heard.note(event.event, event);
  });
  for (const channel of args.filter((arg) => !arg.startsWith('--'))) {
    const member = channel.startsWith('presence-') ? ', 2 member(s)' : '';
    await heard.next(`subscribed to ${channel}${member}`);
  }
  return heard;
}
