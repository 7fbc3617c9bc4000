// Takes the pictures of docs/images: starts a server with traffic, waits until its charts have a shape, and shows each
// page at two widths in both themes. `make screenshots` runs it.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

import { chromium } from 'playwright-core';

import { startTraffic } from './traffic.js';

const PORT = 6001;
const PASSWORD = 'a password for pictures';
/** The charts begin at the start of the server. */
const WARM_UP_SECONDS = Number(process.env.WARM_UP_SECONDS ?? 300);
const WIDTHS = { 375: 812, 1600: 1000 };
const root = `http://127.0.0.1:${PORT}`;
const images = new URL('../../../../docs/images/', import.meta.url);

const folder = await mkdtemp(join(tmpdir(), 'clairon-screenshots-'));
const server = spawn(process.env.CLAIRON_BIN, ['serve', '--host', '127.0.0.1', '--port', PORT, '--log-format', 'json'], {
  cwd: folder,
  env: {
    CLAIRON_DASHBOARD_PASSWORD: PASSWORD,
    CLAIRON_ADMIN_TOKEN: 'a-token-for-pictures',
    PUSHER_APP_ID: '123456',
    PUSHER_APP_KEY: 'shop-key',
    PUSHER_APP_SECRET: 'shop-secret-of-pictures',
    CLAIRON_APP_NAME: 'Shop',
    CLAIRON_APP_CLIENT_MESSAGES: 'true',
    CLAIRON_WEBHOOKS_LINGER_SECONDS: '0',
    // The story of a connection then begins with its handshake, however long the pictures take.
    CLAIRON_DASHBOARD_RECORDER_BYTES: String(64 << 20),
  },
  stdio: ['ignore', 'ignore', 'pipe'],
});
try {
  await ready(server.stderr);
  const traffic = await startTraffic(root);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'],
  });
  // Somebody looks.
  const watcher = await signedIn(browser, 1600, 'light');
  await show(watcher, '/live?app=123456');
  await sleep(WARM_UP_SECONDS * 1000);
  const why = await traffic.leaveOut();
  for (const theme of ['light', 'dark']) {
    for (const width of Object.keys(WIDTHS).map(Number)) await takeAll(browser, { theme, width, why, id: traffic.storyOf });
  }
  await browser.close();
  traffic.stop();
} finally {
  server.kill();
  await rm(folder, { recursive: true });
}

/** Resolves when the server says that it is ready. */
function ready(stderr) {
  return new Promise((resolve, reject) => {
    const lines = [];
    createInterface({ input: stderr })
      .on('line', (line) => {
        lines.push(line);
        if (line.includes('"message":"ready"')) resolve();
      })
      .on('close', () => reject(new Error(`the server has ended:\n${lines.join('\n')}`)));
  });
}

async function signedIn(browser, width, theme) {
  const isMobile = width < 800;
  const context = await browser.newContext({
    viewport: { width, height: WIDTHS[width] },
    colorScheme: theme,
    locale: 'en-GB',
    isMobile,
    hasTouch: isMobile,
  });
  const answer = await context.request.post(`${root}/admin/api/session`, { data: { password: PASSWORD } });
  if (!answer.ok()) throw new Error(await answer.text());
  return context.newPage();
}

async function show(page, path) {
  await page.goto('about:blank');
  await page.goto(`${root}/dashboard/#${path}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.locator('.loading').first().waitFor({ state: 'detached' });
}

async function takeAll(browser, { theme, width, why, id }) {
  const page = await signedIn(browser, width, theme);
  const places = {
    overview: '/overview',
    live: '/live',
    channels: '/channels',
    channel: '/channels/presence-room.7',
    connections: '/connections',
    connection: `/connections/${id()}`,
    why: `/why?${new URLSearchParams(why)}`,
    events: '/events?channel=lobby&event=order.shipped',
    apps: '/apps/123456?tab=webhooks',
    checks: '/checks',
  };
  for (const [name, path] of Object.entries(places)) {
    await show(page, path);
    if (name === 'live') {
      await sleep(8_000);
      if (width > 1000) await page.locator('.activity-accent').nth(2).click();
    }
    if (name === 'checks') {
      await page.getByRole('button', { name: 'Test the WebSocket' }).click();
      await page.getByText('The WebSocket works').waitFor();
    }
    if (name === 'why') await page.locator('.verdict').waitFor();
    await page.mouse.move(0, 0);
    await sleep(700);
    await save(browser, `${name}-${width}-${theme}`, await page.screenshot());
  }
  await page.context().clearCookies();
  await page.goto('about:blank');
  await page.goto(`${root}/dashboard/`);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await save(browser, `sign-in-${width}-${theme}`, await page.screenshot());
  await page.context().close();
}

/** Writes a picture as WebP, which Chromium encodes. */
async function save(browser, name, png) {
  const page = await browser.newPage();
  const webp = await page.evaluate(async (source) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.width;
    canvas.height = image.height;
    canvas.getContext('2d').drawImage(image, 0, 0);
    return canvas.toDataURL('image/webp', 0.82).split(',')[1];
  }, `data:image/png;base64,${png.toString('base64')}`);
  await page.close();
  await writeFile(new URL(`${name}.webp`, images), Buffer.from(webp, 'base64'));
}
