import { scenarios } from '../scenarios/index.js';
import { echoOptions } from '../support/options.js';

/** Runs one scenario with `server`, the key, host and port of the app, and this page's own site as its backend. */
window.run = async (name, server) => {
  const echos = [];
  const site = {
    trigger,
    echo(user) {
      const echo = new window.Echo.default(echoOptions({ ...server, site: location.origin, user }));
      echos.push(echo);
      return echo;
    },
  };
  try {
    await scenarios[name](site);
  } finally {
    for (const echo of echos) echo.disconnect();
  }
};

/** Opens a bare WebSocket and subscribes to `channel`; its extensions and the first event that is not the protocol's. */
window.listenOnce = (channel, { key, host, port }) =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${host}:${port}/app/${key}?protocol=7`);
    socket.onerror = reject;
    socket.onopen = () => socket.send(JSON.stringify({ event: 'pusher:subscribe', data: { channel } }));
    socket.onmessage = ({ data }) => {
      const event = JSON.parse(data);
      if (event.event === 'pusher_internal:subscription_succeeded') window.subscribed = true;
      if (event.event.startsWith('pusher')) return;
      resolve({ extensions: socket.extensions, event });
      socket.close();
    };
  });

async function trigger(channels, event, data, except) {
  const response = await fetch('/trigger', { method: 'POST', body: JSON.stringify({ channels, event, data, except }) });
  if (!response.ok) throw new Error(`the trigger was answered with ${response.status}: ${await response.text()}`);
}

window.ready = true;
