import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import test, { after, before } from 'node:test';

import { chromium } from 'playwright-core';

import { unique } from '../support/options.js';
import { openProxy } from '../support/proxy.js';
import { openSite } from '../support/site.js';
import { backendWith, browserOptions, range, start } from './page.js';

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync'];

let browser;

before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
});

after(() => browser?.close());

/** The page of a framework in one script, as a bundler makes it. */
async function bundle(framework) {
  const { build } = createRequire(new URL('../../../../clients/js/', import.meta.url))('esbuild');
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`frameworks/${framework}.js`, import.meta.url))],
    bundle: true,
    format: 'esm',
    write: false,
    define: { 'process.env.NODE_ENV': '"development"', __VUE_OPTIONS_API__: 'true', __VUE_PROD_DEVTOOLS__: 'false' },
  });
  return outputFiles[0].text;
}

/** Opens the page of a framework on a site that authorizes its channels. */
async function openFramework(t, framework) {
  const script = await bundle(framework);
  const html = '<!doctype html><title>recovery</title><div id="app"></div><script type="module" src="/page.js"></script>';
  const origin = await openSite({
    'GET /': () => ({ type: 'text/html', body: html }),
    'GET /page.js': () => ({ type: 'text/javascript', body: script }),
    'GET /favicon.ico': () => ({ body: '' }),
  });
  const page = await browser.newPage();
  t.after(() => page.close());
  page.on('pageerror', (error) => assert.fail(error));
  await page.goto(origin);
  await page.waitForFunction(() => window.ready);
  return page;
}

for (const [framework, broadcaster] of [['vue', 'reverb'], ['vue', 'pusher'], ['react', 'reverb'], ['react', 'pusher']]) {
  test(`configureEcho of @laravel/echo-${framework} with ${broadcaster}`, async (t) => {
    const server = await start(t, { CLAIRON_APP_RECOVERY_EVENTS: '10' });
    const proxy = await openProxy(t, server.port);
    const page = await openFramework(t, framework);
    const backend = backendWith({ port: server.port });
    const name = unique('orders');
    const options = { ...browserOptions(proxy.port, broadcaster), bearerToken: 'alice' };
    await page.evaluate(([options, name]) => window.open(options, name), [options, name]);
    const publish = async (...numbers) => {
      for (const n of numbers) await backend.trigger(`private-${name}`, 'App\\Events\\Shipped', { n });
    };
    const isSubscribed = (is) =>
      page.waitForFunction(
        ([name, is]) => !!window.pusher.channel(`private-${name}`)?.subscribed === is,
        [name, is],
      );
    const got = async (count) => {
      await page.waitForFunction((count) => window.got.length >= count, count);
      return page.evaluate(() => window.got);
    };
    const comeBack = async (breakIt, meanwhile) => {
      proxy.hold();
      breakIt();
      await isSubscribed(false);
      await publish(...meanwhile);
      proxy.release();
      await isSubscribed(true);
    };

    await isSubscribed(true);
    await publish(1, 2);
    await got(2);
    await comeBack(() => proxy.cut(), range(3, 7));
    await publish(8);
    assert.deepEqual(await got(8), range(1, 8));
    // More than the log has.
    await comeBack(() => proxy.close(4200), range(9, 19));
    await publish(20);
    assert.deepEqual(await got(11), [...range(1, 8), 'heard: expired', 'missed: expired', 20]);
  });
}
