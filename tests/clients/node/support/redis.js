import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

import { awaited } from './heard.js';

/** How often a server is asked whether something is so. */
const POLL_MS = 50;

/** Faults of a Redis that has one master at all times. */
const FAULTS = ['FLUSHALL', 'CLIENT KILL TYPE pubsub'];

/** The fault in which two masters take events. */
export const SPLIT = 'two masters';

/** A Redis that stores nothing on disk. */
class Redis {
  static async start(t, more = []) {
    const redis = new Redis();
    redis.port = await freePort();
    // A replica stores what its master sends in a file of its folder, and a Redis that starts there would read it.
    redis.folder = await mkdtemp(join(tmpdir(), 'clairon-redis-'));
    await redis.run(more);
    t.after(async () => {
      await redis.kill();
      await rm(redis.folder, { recursive: true });
    });
    return redis;
  }

  async run(more = []) {
    const settings = ['--bind', '127.0.0.1', '--port', this.port, '--dir', this.folder, '--save', '', '--appendonly', 'no'];
    this.child = await started('redis-server', [...settings, ...more], 'Ready to accept connections');
  }

  async kill() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  /** Sends a command, suspends the server for some milliseconds, or restarts it without its data after them. */
  async harm(fault, milliseconds) {
    if (fault === 'SIGSTOP') {
      this.child.kill('SIGSTOP');
      await pause(milliseconds);
      this.child.kill('SIGCONT');
    } else if (fault === 'restart') {
      await this.kill();
      await pause(milliseconds);
      await this.run();
    } else {
      await command(this.port, fault);
    }
  }
}

/** A Redis of the test's own. `share` is the share of its faults among all. */
export async function openRedis(t) {
  const redis = await Redis.start(t);
  return {
    url: `redis://127.0.0.1:${redis.port}`,
    faults: [...FAULTS, 'SIGSTOP', 'restart'],
    share: 0.02,
    harm: (fault, milliseconds) => redis.harm(fault, milliseconds),
  };
}

/**
 * A Redis with a replica of the test's own, and three Sentinels that replace a dead master. They wait for three seconds,
 * so that a master that is only slow is replaced when the test wants it.
 */
export async function openSentinels(t) {
  const prompt = ['--repl-diskless-sync-delay', '0'];
  let master = await Redis.start(t, prompt);
  let replica = await Redis.start(t, [...prompt, ...replicaOf(master)]);
  const follows = ({ port }) => says(port, 'INFO replication', 'master_link_status:up');
  await until('the replica has everything', () => follows(replica));
  const folder = await mkdtemp(join(tmpdir(), 'sentinels-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const sentinels = [];
  while (sentinels.length < 3) {
    const port = await freePort();
    const file = join(folder, `${port}.conf`);
    const settings = [
      'bind 127.0.0.1',
      `port ${port}`,
      `sentinel monitor main 127.0.0.1 ${master.port} 2`,
      'sentinel down-after-milliseconds main 3000',
      'sentinel failover-timeout main 2000',
    ];
    // A Sentinel writes to its settings file.
    await writeFile(file, settings.join('\n'));
    const child = await started('redis-sentinel', [file], '+monitor');
    t.after(() => child.kill('SIGKILL'));
    // A Sentinel that was not run for two seconds replaces no master for half a minute.
    await command(port, 'SENTINEL DEBUG tilt-trigger 60000');
    sentinels.push(port);
  }
  const all = async (asks) => (await Promise.all(sentinels.map(asks))).every(Boolean);
  const names = (sentinel, { port }) => says(sentinel, 'SENTINEL GET-MASTER-ADDR-BY-NAME main', `\r\n${port}\r\n`);
  const knowMaster = (master) => all((sentinel) => names(sentinel, master));
  // They still know the former master for a while after its successor has begun.
  const areReady = async () =>
    (await knowMaster(master)) && all((port) => says(port, 'INFO sentinel', 'status=ok', 'slaves=1,sentinels=3'));
  await until('the Sentinels know of each other', areReady);

  /** Ends once all agree on the master. On a busy machine the Sentinels replace it by themselves. */
  const settle = () =>
    until('the Sentinels know of the change', async () => {
      if (await names(sentinels[0], replica)) [master, replica] = [replica, master];
      return (await areReady()) && (await follows(replica));
    });

  /** Kills the master. Once the replica has replaced it, the former master comes back as its replica. */
  async function failOver() {
    await settle();
    await master.kill();
    await until('the replica is the master', () => says(replica.port, 'INFO replication', 'role:master'));
    [master, replica] = [replica, master];
    await replica.run([...prompt, ...replicaOf(master)]);
    await settle();
  }

  /**
   * Makes the replica a master too. Some connections stay with the former one, and both take events, until it becomes a
   * replica after some milliseconds.
   */
  async function splitUp(milliseconds, random) {
    await settle();
    await until('the Sentinels know', async () => {
      // A Sentinel gives up after two seconds, which a busy machine may need. If it were asked again just as it ends, it
      // would change the master once more.
      const idle = [`\r\n${master.port}\r\n`, 'flags\r\n$6\r\nmaster\r\n'];
      const isIdle = await says(sentinels[0], 'SENTINEL MASTER main', ...idle);
      if (isIdle) await ask(sentinels[0], 'SENTINEL FAILOVER main').catch(() => '');
      return !isIdle && knowMaster(replica);
    });
    const clients = await ask(master.port, 'CLIENT LIST').catch(() => '');
    // Servers of Clairon speak version 3 of the protocol, Sentinels and replicas do not.
    for (const [, id] of clients.matchAll(/^id=(\d+) .* resp=3/gm)) {
      if (random() < 0.3) await ask(master.port, `CLIENT KILL ID ${id}`).catch(() => '');
    }
    await pause(milliseconds);
    // If the Sentinels have come back to the former master meanwhile, each would follow the other.
    if (await names(sentinels[0], replica)) await command(master.port, `REPLICAOF 127.0.0.1 ${replica.port}`);
    for (const type of ['normal', 'pubsub']) await command(master.port, `CLIENT KILL TYPE ${type}`);
    await settle();
  }

  return {
    url: `redis+sentinel://${sentinels.map((port) => `127.0.0.1:${port}`).join()}/main`,
    faults: [...FAULTS, 'fail-over', SPLIT, SPLIT],
    share: 0.15,
    async harm(fault, milliseconds, random) {
      if (fault === 'fail-over') return failOver();
      if (fault === SPLIT) return splitUp(milliseconds * 10, random);
      return until(fault, async () => {
        await settle();
        return accepts(master.port, fault);
      });
    },
  };
}

/** The hash slots of a Redis Cluster. */
const SLOTS = 16_384;

/** How long a server of a cluster may be silent before its replica replaces it, in milliseconds. */
const CLUSTER_TIMEOUT_MS = '3000';

/** A Redis Cluster of the test's own: three masters, the first with a replica. */
export async function openCluster(t) {
  const settings = ['--cluster-enabled', 'yes', '--cluster-node-timeout', CLUSTER_TIMEOUT_MS];
  const prompt = ['--cluster-replica-validity-factor', '0', '--repl-diskless-sync-delay', '0'];
  const servers = [];
  while (servers.length < 4) servers.push(await Redis.start(t, [...settings, ...prompt]));
  const [first, second, third, spare] = servers;
  for (const [index, { port }] of [first, second, third].entries()) {
    const [start, end] = [index, index + 1].map((n) => Math.floor((SLOTS * n) / 3));
    await command(port, `CLUSTER ADDSLOTSRANGE ${start} ${end - 1}`);
    await command(port, `CLUSTER SET-CONFIG-EPOCH ${index + 1}`);
  }
  for (const { port } of [second, third, spare]) await command(first.port, `CLUSTER MEET 127.0.0.1 ${port}`);
  const everywhere = async (question, ...texts) =>
    (await Promise.all(servers.map(({ port }) => says(port, question, ...texts)))).every(Boolean);
  await until('the servers know each other', () => everywhere('CLUSTER INFO', 'cluster_known_nodes:4'));
  const [, id] = (await ask(first.port, 'CLUSTER MYID')).split('\r\n');
  await command(spare.port, `CLUSTER REPLICATE ${id}`);
  const follows = ({ port }) => says(port, 'INFO replication', 'role:slave', 'master_link_status:up');
  const areReady = async (replica) =>
    (await everywhere('CLUSTER INFO', 'cluster_state:ok', 'cluster_slots_ok:16384')) &&
    (await everywhere('CLUSTER NODES', 'slave')) &&
    follows(replica);
  await until('all slots are served and replicated', () => areReady(spare));
  let [master, replica] = [first, spare];

  /** Kills the first master. Once its replica has replaced it, it comes back as the replica. */
  async function failOver() {
    await master.kill();
    await until('the replica is a master', () => says(replica.port, 'INFO replication', 'role:master'));
    [master, replica] = [replica, master];
    await replica.run([...settings, ...prompt]);
    await until('the former master is a replica', () => areReady(replica));
  }

  return {
    url: `redis+cluster://${[first, second, third].map(({ port }) => `127.0.0.1:${port}`).join()}`,
    faults: [...FAULTS, 'SIGSTOP', 'fail-over'],
    share: 0.05,
    // A request may take twice its time, and less than the lease.
    leaseSeconds: 3,
    harm(fault, milliseconds, random) {
      if (fault === 'fail-over') return failOver();
      return [master, second, third][Math.floor(random() * 3)].harm(fault, milliseconds);
    },
  };
}

const replicaOf = ({ port }) => ['--replicaof', `127.0.0.1 ${port}`];

/** Starts a program, and returns once it has written this. */
async function started(program, settings, text) {
  const child = spawn(program, settings, { stdio: ['ignore', 'pipe', 'ignore'] });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes(text)) break;
  }
  child.stdout.resume();
  return child;
}

/** The answer to a command, or its beginning. Fails if there is none: a Sentinel ends connections of a former master. */
async function ask(port, command) {
  const socket = connect(port, '127.0.0.1');
  socket.write(`${command}\r\n`);
  const answer = await new Promise((resolve, reject) => {
    socket.once('data', resolve).once('error', reject);
    socket.once('close', () => reject(new Error(`no answer to ${command}`)));
  });
  socket.destroy();
  return answer.toString();
}

/** Sends a command until it is answered without an error. */
function command(port, text) {
  return until(text, () => accepts(port, text));
}

/** Sends a command. True if it is answered without an error: a replica changes no data. */
async function accepts(port, text) {
  return !(await ask(port, text).catch(() => '-')).startsWith('-');
}

/** True if the answer to a command has these texts. */
async function says(port, command, ...texts) {
  const answer = await ask(port, command).catch(() => '');
  return texts.every((text) => answer.includes(text));
}

function until(what, isSo) {
  return awaited(
    () => what,
    async (resolve) => {
      while (!(await isSo())) await pause(POLL_MS);
      resolve();
    },
  );
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
