import { createServer } from 'node:http';

import Backend from 'pusher';
import Pusher from 'pusher-js';

const app = { id: '123456', key: 'shop-key', secret: 'shop-secret-of-pictures' };
const USERS = ['ada', 'grace', 'edsger', 'barbara', 'alan', 'margaret', 'dennis', 'radia', 'leslie', 'frances'];

/** Pages and a backend of a shop. They trigger as much as a small site does, with a wave of five minutes. */
export async function startTraffic(root) {
  const { hostname: host, port } = new URL(root);
  const options = { appId: app.id, key: app.key, secret: app.secret, host, port };
  const backend = new Backend(options);
  const forger = new Backend({ ...options, secret: 'the secret of another app' });
  await createBlog(root);
  const receiver = await addWebhook(root);
  const clients = [];
  const timers = [];

  const connect = (user, signer = backend) => {
    const client = new Pusher(app.key, {
      cluster: '',
      wsHost: host,
      wsPort: port,
      forceTLS: false,
      enabledTransports: ['ws'],
      channelAuthorization: {
        customHandler: ({ socketId, channelName }, done) => {
          const member = channelName.startsWith('presence-')
            ? { user_id: user, user_info: { name: user[0].toUpperCase() + user.slice(1) } }
            : undefined;
          const chosen = channelName.includes('forged') ? forger : signer;
          done(null, chosen.authorizeChannel(socketId, channelName, member));
        },
      },
      userAuthentication: {
        customHandler: ({ socketId }, done) => done(null, backend.authenticateUser(socketId, { id: user })),
      },
    });
    return client;
  };
  const join = (client, number) => {
    client.signin();
    client.subscribe('lobby');
    client.subscribe(`presence-room.${number % 3 === 0 ? 12 : 7}`);
    client.subscribe(`private-orders.${310 + number}`);
    if (number % 4 === 0) client.subscribe('cache-prices');
  };
  for (let number = 0; number < 60; number += 1) {
    const client = connect(USERS[number % USERS.length]);
    clients.push(client);
    join(client, number);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const every = (ms, act) => timers.push(setInterval(() => Promise.resolve(act()).catch(() => {}), ms));
  const start = Date.now();
  const pick = (list) => list[Math.floor(Math.random() * list.length)];
  const wave = () => 0.6 + 0.4 * Math.sin((Date.now() - start) / 40_000);
  let order = 4_100;
  every(120, () => {
    if (Math.random() > wave()) return;
    order += 1;
    const number = 310 + Math.floor(Math.random() * 60);
    const data = { order, status: 'shipped', total: Math.round(Math.random() * 20_000) / 100, express: order % 3 === 0, lines: [{ sku: `A-${number}`, quantity: 2 }] };
    return backend.trigger(`private-orders.${number}`, pick(['order.shipped', 'order.paid', 'App\\Events\\OrderPacked']), data);
  });
  every(700, () => backend.trigger('lobby', 'visitors.counted', { online: Math.round(300 + 200 * wave()) }));
  every(5_000, () => backend.trigger('cache-prices', 'price.changed', { sku: 'A-17', price: 12.5 + Math.round(wave() * 10) }));
  every(900, () => pick(clients).channel('presence-room.7')?.trigger('client-typing', { typing: true }));
  every(4_000, () => pick(clients).subscribe(`private-forged.${order}`));
  // Visitors that come and go.
  const visitors = [];
  every(1_300, () => {
    if (visitors.length > 25 * wave()) visitors.shift().disconnect();
    else visitors.push(connect(pick(USERS)));
    const last = visitors.at(-1);
    if (last) last.subscribe('lobby');
  });

  const story = connect('ada');
  return {
    /** The socket id of a connection with a story: it has just come, and a subscription of it was refused. */
    storyOf: () => clients[0].connection.socket_id,
    /** An event that leaves out one of its subscribers: the question for it. */
    async leaveOut() {
      const channel = 'private-orders.318';
      const joined = new Promise((resolve) => story.subscribe(channel).bind('pusher:subscription_succeeded', resolve));
      await joined;
      const id = story.connection.socket_id;
      clients[0].subscribe('private-forged.1');
      every(10_000, () => backend.trigger(channel, 'order.shipped', { order: 4182, status: 'shipped' }, { socket_id: id }));
      await backend.trigger(channel, 'order.shipped', { order: 4182, status: 'shipped' }, { socket_id: id });
      return { app: app.id, event: 'order.shipped', channel, socket_id: id };
    },
    stop() {
      timers.forEach(clearInterval);
      for (const client of [...clients, ...visitors, story]) client.disconnect();
      receiver.close();
      // pusher-js keeps timers for a while.
      setTimeout(() => process.exit(), 500);
    },
  };
}

const admin = (root, path, body) =>
  fetch(`${root}/admin/api/${path}`, {
    method: 'POST',
    headers: { Authorization: 'Bearer a-token-for-pictures', 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });

const createBlog = (root) => admin(root, 'apps', { name: 'Blog', id: '654321', key: 'blog-key' });

/** An endpoint that takes most deliveries. */
async function addWebhook(root) {
  let count = 0;
  const receiver = createServer((request, response) => {
    count += 1;
    response.writeHead(count % 9 === 0 ? 500 : 204).end();
  });
  await new Promise((resolve) => receiver.listen(6002, '127.0.0.1', resolve));
  await admin(root, `apps/${app.id}/webhooks`, {
    url: 'http://127.0.0.1:6002/api/pusher/webhook',
    events: ['member_added', 'member_removed'],
    channels: ['presence-*'],
    headers: { 'X-Shop': '1' },
  });
  return receiver;
}
