import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import test, { after, before } from 'node:test';

import { chromium } from 'playwright-core';

import { scenarios } from '../scenarios/index.js';
import { backend } from '../support/backend.js';
import { unique } from '../support/options.js';
import { app, host, port } from '../support/settings.js';
import { openSite } from '../support/site.js';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const root = new URL('../', import.meta.url);

let browser;
let page;

before(async () => {
  const origin = await openSite(await pages());
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
  page = await browser.newPage();
  page.on('pageerror', (error) => assert.fail(error));
  await page.goto(origin);
  await page.waitForFunction(() => window.ready);
});

after(() => browser?.close());

for (const name of Object.keys(scenarios)) {
  test(name, () => page.evaluate(([name, server]) => window.run(name, server), [name, { key: app.key, host, port }]));
}

test('what Chromium offers for compression is accepted, and long events are inflated', async () => {
  const channel = unique('deflate');
  const data = 'item '.repeat(2_000);
  const heard = page.evaluate(([name, server]) => window.listenOnce(name, server), [channel, { key: app.key, host, port }]);
  await page.waitForFunction(() => window.subscribed);
  await backend.trigger(channel, 'shipped', data);
  const { extensions, event } = await heard;
  assert.match(extensions, /^permessage-deflate; server_no_context_takeover; client_no_context_takeover/);
  assert.equal(event.data, data);
});

/** A route for each file of the page. */
async function pages() {
  const modules = await Promise.all(['browser', 'scenarios', 'support'].map(list));
  const files = [
    ['/', 'browser/page.html'],
    ['/pusher.js', 'node_modules/pusher-js/dist/web/pusher-with-encryption.min.js'],
    ['/echo.js', 'node_modules/laravel-echo/dist/echo.iife.js'],
    ...modules.flat().map((path) => [`/${path}`, path]),
  ];
  return Object.fromEntries(files.map(([url, path]) => [`GET ${url}`, () => file(path)]));
}

async function list(directory) {
  const names = await readdir(new URL(directory, root));
  return names.map((name) => `${directory}/${name}`);
}

async function file(path) {
  const type = path.endsWith('.html') ? 'text/html' : 'text/javascript';
  return { type, body: await readFile(new URL(path, root)) };
}
