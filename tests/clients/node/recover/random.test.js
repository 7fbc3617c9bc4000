import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { signIn, subscribe } from '../support/clients.js';
import { awaited } from '../support/heard.js';
import { openCluster, openRedis, openSentinels, SPLIT } from '../support/redis.js';
import { startServer } from '../support/server.js';
import { backendWith, openPage } from './page.js';

/** How long faults happen, and the seed of their choice. `RECOVERY_SECONDS=3600` is a run by hand, which has Sentinels too. */
const seconds = Number(process.env.RECOVERY_SECONDS ?? 20);
const seed = Number(process.env.RECOVERY_SEED ?? Date.now() % 1_000_000);

const PAGES = 8;
const CHANNELS = ['news', 'private-room', 'presence-room', 'private-encrypted-room', 'cache-news', 'private-cache-room'];
/** Beats of a server, in which it learns that logs begin anew, on a busy machine. */
const BEATS_MS = 3_000;
/** The socket ids of a page that the server knows. */
const SOCKETS = 5;
/** The bytes of a handshake. A connection that is cut within it is tried again by pusher-js after 15 s only. */
const HANDSHAKE = 400;

/** Numbers from 0 to 1 that follow from the seed (mulberry32). */
function numbersFrom(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const random = numbersFrom(seed);
const below = (limit) => Math.floor(random() * limit);
const one = (list) => list[below(list.length)];

/** A page on all channels, with what it has got on each: events, and losses that it was told. */
async function openTracked(t, run, index) {
  const user = `user-${index}`;
  const page = await openPage(t, { server: one(run.servers), user });
  const { client } = page;
  const manager = client.connection;
  const { retryIn } = manager;
  // Many breaks in a short time: pusher-js waits for a second.
  manager.retryIn = (delay) => retryIn.call(manager, Math.min(delay, 20 + below(60)));
  const tracked = { ...page, user, got: {}, sockets: [] };
  manager.bind('connected', () => tracked.sockets.push(manager.socket_id));
  const track = (name, emitter) => {
    const got = (tracked.got[name] = []);
    emitter.bind('n', (event) => got.push({ ...event, ids: tracked.sockets.slice(-SOCKETS) }));
    emitter.bind('clairon:missed', ({ reason, channel }) => channel === name && got.push({ missed: reason }));
  };
  await signIn(client);
  tracked.sockets.push(manager.socket_id);
  track(`#server-to-user-${user}`, client.user);
  for (const name of CHANNELS) track(name, await subscribe(client, name));
  return tracked;
}

/** Publishes an event. The library's `trigger` knows no channels of users. */
function send(backend, channel, event) {
  if (!channel.startsWith('#')) return backend.trigger(channel, 'n', event, event.except && { socket_id: event.except });
  const body = { name: 'n', data: JSON.stringify(event), channels: [channel], socket_id: event.except };
  return backend.post({ path: '/events', body });
}

/** Publishes numbered events to a channel until it is stopped. Those that failed may have been published or not. */
async function publish(run, channel) {
  const published = (run.published[channel] = []);
  for (let n = 1; !run.isOver; n += 1) {
    const reader = one(run.pages);
    const except = random() < 0.15 ? reader.client.connection.socket_id : undefined;
    const event = { channel, n, except, filler: 'x'.repeat(random() < 0.1 ? below(3_000) : 0) };
    try {
      const answer = await send(backendWith({ port: one(run.servers).port, timeout: 6_000 }), channel, event);
      published.push({ n, except, isCertain: answer.status === 200 });
    } catch {
      published.push({ n, except, isCertain: false });
      await pause(10);
    }
    await pause(below(12));
  }
}

/** One fault, for a page that is connected. */
async function harm(t, run) {
  const connected = run.pages.filter(({ client }) => client.connection.state === 'connected');
  if (connected.length === 0) return;
  const { proxy } = one(connected);
  proxy.moveTo(one(run.servers).port);
  const fault = random();
  if (run.redis && random() < run.redis.share) {
    run.redisFaults += 1;
    const fault = one(run.redis.faults);
    if (fault === SPLIT) await split(run);
    else await run.redis.harm(fault, below(500), random);
  } else if (fault < 0.45) {
    proxy.cut();
  } else if (fault < 0.65) {
    proxy.close(4200);
  } else if (fault < 0.9) {
    proxy.cutNext(HANDSHAKE + below(6_000), HANDSHAKE + below(6_000));
    proxy.cut();
  } else if (fault < 0.94) {
    proxy.hold();
    proxy.cut();
    await pause(below(2_000));
    proxy.release();
  } else if (fault < 0.96) {
    const server = one(run.servers);
    server.stop('SIGSTOP');
    await pause(below(300));
    server.stop('SIGCONT');
  } else if (fault < 0.98) {
    await restart(t, run, below(run.servers.length), random() < 0.5 ? 'SIGTERM' : 'SIGKILL');
  } else {
    for (const index of run.servers.keys()) await restart(t, run, index, 'SIGTERM');
  }
}

/**
 * Two masters take events for a while. What only the former one has got is lost, and pages learn it once all servers use
 * the other one: at the next beat of their own.
 */
async function split(run) {
  const now = () => Object.fromEntries(Object.entries(run.published).map(([name, all]) => [name, all.at(-1)?.n ?? 0]));
  const from = now();
  await run.redis.harm(SPLIT, below(500), random);
  await awaited(
    () => 'ready servers',
    async (resolve) => {
      const isReady = async ({ port }) => (await fetch(`http://127.0.0.1:${port}/ready`).catch(() => ({}))).status === 200;
      while (!(await Promise.all(run.servers.map(isReady))).every(Boolean)) await pause(50);
      resolve();
    },
  );
  await pause(BEATS_MS);
  run.splits.push({ from, to: now() });
}

async function restart(t, run, index, signal) {
  run.restarts += 1;
  const { port, ...server } = run.servers[index];
  await server.stop(signal);
  run.servers[index] = await startServer(t, { ...server, port: 0 });
  for (const { proxy } of run.pages) if (proxy.target() === port) proxy.moveTo(run.servers[index].port);
}

/** Fails unless a page got every event of a channel, in order and once, or was told of each hole. */
function check(page, channel, published, splits) {
  const got = page.got[channel];
  const where = `${channel} of ${page.user}, seed ${seed}`;
  const sockets = new Set(page.sockets);
  const isOwn = ({ except }) => except && sockets.has(except);
  let holes = 0;
  let at = 0;
  let last = 0;
  let next = 0;
  // After a loss a cache channel shows its last event as to any new subscriber, perhaps once more or an own one.
  const isShown = (position) => channel.includes('cache-') && position < got.length && got[position - 1]?.missed;
  for (const [position, event] of [...got, { n: Infinity }].entries()) {
    assert.notEqual(event.missed, 'skipped', `the server left events out: ${where}`);
    if (event.missed || isShown(position)) continue;
    if (event.n !== Infinity) {
      assert.equal(event.channel, channel, `foreign: ${where}`);
      assert.ok(event.n > last, `${event.n} after ${last}: ${where}`);
      assert.ok(!event.ids.includes(event.except), `own event ${event.n}: ${where}`);
    }
    const wasTold = got.slice(at, position).some(({ missed }) => missed);
    const hole = [];
    for (; published[next]?.n <= event.n; next += 1) {
      const one = published[next];
      if (one.n < event.n && one.isCertain && !isOwn(one)) hole.push(one);
    }
    // What two masters took is lost before anyone knows. Then the page learns it afterwards.
    const isToldLater = ({ n }) => {
      const during = splits.find(({ from, to }) => n > from[channel] && n <= to[channel]);
      const rest = during ? got.slice(at) : [];
      const end = rest.findIndex((one) => one.n > during.to[channel]);
      return rest.slice(0, end < 0 ? undefined : end).some(({ missed }) => missed);
    };
    const untold = wasTold ? [] : hole.filter((one) => !isToldLater(one));
    assert.deepEqual(untold.map(({ n }) => n), [], `missing after ${last}: ${where}`);
    holes += hole.length;
    [at, last] = [position, event.n];
  }
  return { events: got.length, holes };
}

/** What makes several servers act as one. Faults are noticed soon. */
const together = (redis) => ({
  CLAIRON_REDIS_URL: redis.url,
  CLAIRON_REDIS_RESPONSE_SECONDS: '1',
  CLAIRON_CLUSTER_LEASE_SECONDS: String(redis.leaseSeconds ?? 2),
  CLAIRON_CLUSTER_BEAT_SECONDS: '1',
  CLAIRON_SERVER_DRAIN_SECONDS: '0',
});

const kinds = [
  ['1 node', 1],
  ['3 nodes', 3, openRedis],
  ['3 nodes with a Redis Cluster', 3, openCluster],
];
// A fail-over takes Sentinels some seconds, so the run of `make test` has no time for it.
if (process.env.RECOVERY_SECONDS) kinds.push(['3 nodes with Sentinels', 3, openSentinels]);

for (const [what, nodes, open] of kinds) {
  test(`every hole lies under a loss that was told (${what}, ${seconds} s, seed ${seed})`, (t) => tryAll(t, nodes, open));
}

async function tryAll(t, nodes, open) {
  const folder = await mkdtemp(join(tmpdir(), 'clairon-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const env = { CLAIRON_APP_RECOVERY: 'true', CLAIRON_APP_RECOVERY_EVENTS: '100' };
  const redis = await open?.(t);
  const database = `sqlite://${folder}/apps.db`;
  const servers = [];
  while (servers.length < nodes) {
    servers.push(await startServer(t, { database, env: redis ? { ...env, ...together(redis) } : env }));
  }
  const run = { servers, redis, pages: [], published: {}, splits: [], isOver: false, restarts: 0, redisFaults: 0 };
  // Publishers end after a failure too.
  t.after(() => (run.isOver = true));
  for (let index = 0; index < PAGES; index += 1) run.pages.push(await openTracked(t, run, index));
  const channels = [...CHANNELS, ...run.pages.map(({ user }) => `#server-to-user-${user}`)];

  const publishers = channels.map((channel) => publish(run, channel));
  const end = Date.now() + seconds * 1_000;
  let faults = 0;
  while (Date.now() < end) {
    await harm(t, run);
    faults += 1;
    await pause(below(60));
  }
  run.isOver = true;
  await Promise.all(publishers);

  // Each page is on all its channels again.
  const backend = backendWith({ port: run.servers[0].port });
  const { restarts, redisFaults, splits } = run;
  const totals = { faults, restarts, redisFaults, splits: splits.length, resubscriptions: 0, events: 0, holes: 0, told: {} };
  for (const page of run.pages) {
    for (const channel of [...CHANNELS, `#server-to-user-${page.user}`]) {
      const got = page.got[channel];
      await awaited(
        () => `last event of ${channel} at ${page.user}, seed ${seed}`,
        async (resolve) => {
          while (!got.some(({ last }) => last)) {
            const n = (run.published[channel].at(-1)?.n ?? 0) + 1;
            const answer = await send(backend, channel, { channel, n, last: true }).catch(() => ({}));
            run.published[channel].push({ n, isCertain: answer.status === 200 });
            await pause(50);
          }
          resolve();
        },
      );
    }
    totals.resubscriptions += (page.sockets.length - 1) * (CHANNELS.length + 1);
  }
  for (const page of run.pages) {
    for (const channel of [...CHANNELS, `#server-to-user-${page.user}`]) {
      // What was published after the page's own last event may still be on its way.
      const published = run.published[channel].filter(({ n }) => n <= page.got[channel].at(-1).n);
      const { events, holes } = check(page, channel, published, run.splits);
      totals.events += events;
      totals.holes += holes;
      for (const { missed } of page.got[channel]) if (missed) totals.told[missed] = (totals.told[missed] ?? 0) + 1;
    }
  }
  t.diagnostic(JSON.stringify(totals));
  assert.ok(totals.events > 100, JSON.stringify(totals));
}
