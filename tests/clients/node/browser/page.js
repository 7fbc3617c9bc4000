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

async function trigger(channels, event, data, except) {
  const response = await fetch('/trigger', { method: 'POST', body: JSON.stringify({ channels, event, data, except }) });
  if (!response.ok) throw new Error(`the trigger was answered with ${response.status}: ${await response.text()}`);
}

window.ready = true;
