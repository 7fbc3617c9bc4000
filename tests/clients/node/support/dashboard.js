import assert from 'node:assert/strict';

import { chromium } from 'playwright-core';

import { app, host, port } from './settings.js';

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
/** How long anything may take. Generous: the tests share their machine with a compiler. */
const DEADLINE_MS = 60_000;

const rootOf = (port) => `http://${host}:${port}`;

/** Sessions of both roles as `name=value`: the number of sign-ins of an address is limited, so the harness signs in. */
const sessions = { admin: process.env.CLAIRON_ADMIN_SESSION, viewer: process.env.CLAIRON_VIEWER_SESSION };

/** The pages, with the path of each and the heading it shows. */
export const PAGES = {
  overview: { path: '/overview', heading: 'Overview' },
  live: { path: '/live', heading: 'Live' },
  channels: { path: '/channels', heading: 'Channels' },
  connections: { path: '/connections', heading: 'Connections' },
  why: { path: '/why', heading: 'Why?' },
  events: { path: '/events', heading: 'Event creator' },
  apps: { path: '/apps', heading: 'Apps' },
  settings: { path: `/apps/${app.id}`, heading: app.id },
  keys: { path: `/apps/${app.id}?tab=keys`, heading: app.id },
  webhooks: { path: `/apps/${app.id}?tab=webhooks`, heading: app.id },
  connect: { path: `/apps/${app.id}?tab=connect`, heading: app.id },
  checks: { path: '/checks', heading: 'Set-up check' },
};

export const adminPassword = process.env.CLAIRON_DASHBOARD_PASSWORD;

let browser;

async function launch() {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  browser ??= await chromium.launch({ executablePath, args: FLAGS });
  return browser;
}

export async function closeBrowser() {
  await browser?.close();
  browser = undefined;
}

/**
 * A page of its own, which is gone when the test `t` is. The test fails if the browser reports an error or a violation
 * of the content security policy. `role` is `admin`, `viewer`, or `null` for a page that has not signed in. `server` is a
 * server of the test's own, with its port and password.
 */
export async function open(t, path = '/overview', { role = 'admin', server, ...options } = {}) {
  const context = await (await launch()).newContext({ locale: 'en-GB', viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(DEADLINE_MS);
  if (server) {
    const answer = await context.request.post(`${rootOf(server.port)}/admin/api/session`, { data: { password: server.password } });
    assert.equal(answer.status(), 200);
  } else if (role) {
    const [name, value] = sessions[role].split('=');
    const attributes = { domain: host, path: '/admin/api', httpOnly: true, sameSite: 'Strict' };
    await context.addCookies([{ name, value, ...attributes }]);
  }
  const page = await context.newPage();
  const problems = [];
  page.on('pageerror', (error) => problems.push(String(error.stack)));
  // The browser also writes down what the pages show themselves: refusals of the API, WebSockets that do not open.
  page.on('console', (message) => {
    const isShown = /^(Failed to load resource|WebSocket connection to)/.test(message.text());
    if (message.type() === 'error' && !isShown) problems.push(message.text());
  });
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => console.error(`CSP: ${event.violatedDirective}`));
    window.shifted = 0;
    new PerformanceObserver((list) => {
      for (const { value } of list.getEntries()) window.shifted += value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
  t.after(async () => {
    await context.close();
    assert.deepEqual(problems, [], 'what the browser reports');
  });
  await page.goto(dashboardUrl(path, server?.port));
  return page;
}

/** The URL of a place. Pages about one app show that of the test, whichever apps other tests have made. */
export function dashboardUrl(path, at = port) {
  const isAboutAnApp = /^\/(channels|connections|why|events|checks)/.test(path) && !/[?&]app=/.test(path);
  return `${rootOf(at)}/dashboard/#${path}${isAboutAnApp ? `${path.includes('?') ? '&' : '?'}app=${app.id}` : ''}`;
}

/** Shows another place in the same page. */
export async function visit(page, path) {
  await page.goto('about:blank');
  await page.goto(dashboardUrl(path));
}

/** Resolves once the page shows this heading and has its data. */
export async function settled(page, heading) {
  await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
  await page.locator('.loading').first().waitFor({ state: 'detached' });
}
