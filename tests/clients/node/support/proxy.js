import { connect, createServer } from 'node:net';

/** How often a server that is not there is tried again. */
const RETRY_MS = 20;

/**
 * A proxy between clients and a server, which breaks connections. Clients that come while the server is away wait, as
 * in the backlog of a socket that systemd keeps. With `keeps` it keeps what the server sends.
 */
export async function openProxy(t, target, { keeps = false } = {}) {
  const pairs = new Set();
  const limits = [];
  const state = { port: target, isHeld: false };

  const server = createServer((client) => {
    const pair = { client, limit: limits.shift() ?? Infinity, received: [] };
    pairs.add(pair);
    client.on('error', () => {});
    client.on('close', () => {
      pairs.delete(pair);
      pair.server?.destroy();
    });
    join(pair);
  });

  function join(pair) {
    const { client } = pair;
    if (client.destroyed) return;
    if (state.isHeld) {
      setTimeout(() => join(pair), RETRY_MS);
      return;
    }
    const upstream = connect(state.port, '127.0.0.1');
    upstream.on('error', () => pair.server || setTimeout(() => join(pair), RETRY_MS));
    upstream.on('connect', () => {
      pair.server = upstream;
      client.pipe(upstream);
      upstream.on('data', (bytes) => forward(pair, bytes));
      upstream.on('close', () => client.end());
    });
  }

  function forward(pair, bytes) {
    const { client } = pair;
    if (keeps) pair.received.push(bytes);
    if (bytes.length <= pair.limit) {
      pair.limit -= bytes.length;
      client.write(bytes);
    } else {
      pair.server.pause();
      client.write(bytes.subarray(0, pair.limit), () => client.destroy());
    }
  }

  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy = {
    port: server.address().port,
    /** Breaks all connections without a closing handshake (1006). */
    cut() {
      for (const { client } of pairs) client.destroy();
    },
    /** Closes all connections with a code, as a server does between two messages. */
    close(code) {
      for (const { client, server } of pairs) {
        server?.destroy();
        client.end(Buffer.from([0x88, 2, code >> 8, code & 0xff]));
      }
    },
    /** Breaks the next connection after so many bytes from the server; with several numbers, those after it too. */
    cutNext(...bytes) {
      limits.push(...bytes);
    },
    /** Lets clients that come wait, until `release`. */
    hold() {
      state.isHeld = true;
    },
    release() {
      state.isHeld = false;
    },
    /** All that the server has sent to the clients that are there. */
    received() {
      return Buffer.concat([...pairs].flatMap(({ received }) => received));
    },
    /** Keeps what the server sends from the clients, until `flow`. */
    stall() {
      for (const { server } of pairs) server?.pause();
    },
    flow() {
      for (const { server } of pairs) server?.resume();
    },
    /** The port of the server. */
    target() {
      return state.port;
    },
    /** Moves to a server on another port. */
    moveTo(port) {
      state.port = port;
    },
  };
  t.after(() => {
    proxy.cut();
    server.close();
  });
  return proxy;
}
