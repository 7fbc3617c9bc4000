import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test, { after, before } from 'node:test';

import { chromium } from 'playwright-core';

import { backend } from '../support/backend.js';
import { unique } from '../support/options.js';
import { openProxy } from '../support/proxy.js';
import { host, port } from '../support/settings.js';
import { openSite } from '../support/site.js';
import { browserOptions, range } from './page.js';

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync'];
const clairon = `http://${host}:${port}`;

/** A page without a bundler. Both scripts of recovery come from the server. */
const HTML = `<!doctype html><title>recovery</title>
<script src="/pusher.js"></script><script src="/echo.js"></script><script src="${clairon}/recover.global.js"></script>
<script type="module">
  import { recover } from '${clairon}/recover.js';
  window.open = (options, isClient) => {
    window.got = [];
    const onMissed = ({ reason }) => got.push(reason);
    const echo = isClient
      ? new Echo.default({ ...options, client: recover(new Pusher(options.key, options), { onMissed }) })
      : new Echo.default({ ...options, Pusher: ClaironRecover.withRecovery(Pusher, { onMissed }) });
    window.pusher = echo.connector.pusher;
    pusher.bind_global((event, data) => event === 'n' && got.push(data));
    return echo;
  };
  window.ready = true;
</script>`;

let browser;
let page;

before(async () => {
  const file = (path) => () =>
    readFile(new URL(`../node_modules/${path}`, import.meta.url)).then((body) => ({ type: 'text/javascript', body }));
  const origin = await openSite({
    'GET /': () => ({ type: 'text/html', body: HTML }),
    'GET /pusher.js': file('pusher-js/dist/web/pusher-with-encryption.min.js'),
    'GET /echo.js': file('laravel-echo/dist/echo.iife.js'),
  });
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
  page = await browser.newPage();
  page.on('pageerror', (error) => assert.fail(error));
  await page.goto(origin);
  await page.waitForFunction(() => window.ready);
});

after(() => browser?.close());

for (const isClient of [false, true]) {
  test(`in Chromium with ${isClient ? 'the ES module' : 'the classic script'}`, async (t) => {
    const proxy = await openProxy(t, port);
    const options = browserOptions(proxy.port, 'pusher');
    const name = unique('news');
    const subscribed = () => page.waitForFunction((name) => window.pusher.channel(name)?.subscribed, name);
    await page.evaluate(
      ([options, isClient, name]) => {
        window.echo = window.open(options, isClient);
        window.echo.channel(name);
      },
      [options, isClient, name],
    );
    const numbers = range(1, 20);
    const publish = async (count) => {
      for (const n of numbers.splice(0, count)) await backend.trigger(name, 'n', n);
    };
    for (const code of [1006, 4200]) {
      await subscribed();
      await publish(4);
      await page.waitForFunction((length) => window.got.length === length, 20 - numbers.length);
      proxy.hold();
      if (code === 1006) proxy.cut();
      else proxy.close(code);
      await page.waitForFunction((name) => !window.pusher.channel(name).subscribed, name);
      await publish(6);
      proxy.release();
    }
    await page.waitForFunction(() => window.got.length >= 20);
    assert.deepEqual(await page.evaluate(() => window.got), range(1, 20));
    await page.evaluate(() => window.echo.disconnect());
  });
}
