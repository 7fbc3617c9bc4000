import assert from 'node:assert/strict';
import test, { after } from 'node:test';

import { violations } from '../support/axe.js';
import { backend } from '../support/backend.js';
import { connected, pusherClient, signIn, subscribe } from '../support/clients.js';
import { closeBrowser, open, PAGES, settled, visit } from '../support/dashboard.js';
import { app } from '../support/settings.js';

after(closeBrowser);

/** Clients, so that lists have rows. */
async function crowd(t) {
  const client = pusherClient(t, { user: 'ada' });
  const id = await connected(client);
  await signIn(client);
  await subscribe(client, 'presence-axe');
  await subscribe(client, 'cache-axe');
  await backend.trigger('cache-axe', 'price', { sku: 1, ok: true });
  client.subscribe('private-forged-axe');
  return id;
}

for (const colorScheme of ['light', 'dark']) {
  for (const [device, viewport] of Object.entries({ desk: { width: 1600, height: 1000 }, phone: { width: 375, height: 812 } })) {
    test(`axe finds nothing on any page, ${colorScheme}, ${device}`, async (t) => {
      const page = await open(t, '/live', { colorScheme, viewport });
      await page.getByText('Watching', { exact: true }).waitFor();
      const id = await crowd(t);
      const why = new URLSearchParams({ app: app.id, event: 'price', channel: 'cache-axe', socket_id: id });
      const places = {
        ...PAGES,
        channel: { path: '/channels/presence-axe', heading: 'presence-axe' },
        cache: { path: '/channels/cache-axe', heading: 'cache-axe' },
        connection: { path: `/connections/${id}`, heading: id },
        answer: { path: `/why?${why}`, heading: 'Why?' },
      };
      for (const [name, { path, heading }] of Object.entries(places)) {
        await visit(page, path);
        await settled(page, heading);
        if (name === 'live') {
          await page.locator('.activity').first().click();
          await page.locator('.details').waitFor();
        }
        assert.deepEqual(await violations(page), [], name);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(overflow <= 0, `${name} is wider than the screen`);
        // 0.1 is what browsers call good; a list that gets its first rows below the fold counts too.
        assert.ok((await page.evaluate(() => window.shifted)) < 0.1, `${name} moves while it loads`);
      }
    });
  }

  test(`axe finds nothing in dialogs, ${colorScheme}`, async (t) => {
    const page = await open(t, '/live', { colorScheme, viewport: { width: 375, height: 812 } });
    await page.getByText('Watching', { exact: true }).waitFor();
    const id = await crowd(t);
    for (const [path, heading, button] of [
      ['/overview', 'Overview', 'More'],
      ['/apps', 'Apps', 'Create an app'],
      [`/apps/${app.id}`, app.id, 'Disable'],
      [`/apps/${app.id}`, app.id, 'Delete'],
      [`/apps/${app.id}?tab=webhooks`, app.id, 'Add an endpoint'],
      [`/connections/${id}`, id, 'Send to it alone'],
      [`/connections/${id}`, id, 'Disconnect'],
    ]) {
      await visit(page, path);
      await settled(page, heading);
      await page.getByRole('button', { name: button, exact: true }).click();
      await page.getByRole('dialog').waitFor();
      assert.deepEqual(await violations(page), [], button);
    }
  });

  test(`axe finds nothing on the sign-in, ${colorScheme}`, async (t) => {
    const page = await open(t, '/', { role: null, colorScheme });
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.deepEqual(await violations(page), []);
  });
}

/**
 * Fails if anything is cut off at the edge of a screen of `width` pixels. What is wider than the screen may scroll by
 * itself, or end with an ellipsis.
 */
async function assertFits(page, width, message) {
  const wide = await page.evaluate(() => {
    const edge = document.documentElement.clientWidth;
    const mayBeWide = (element) => {
      const { overflowX, textOverflow } = getComputedStyle(element);
      return /auto|scroll/.test(overflowX) || (overflowX === 'hidden' && textOverflow === 'ellipsis');
    };
    const isInSuch = (element) => element && (mayBeWide(element) || isInSuch(element.parentElement));
    const isOut = (element) => element.getBoundingClientRect().right > edge + 0.5 && element.checkVisibility() && !isInSuch(element);
    const isCut = ({ scrollWidth, clientWidth }) => scrollWidth > clientWidth;
    const wide = [...document.querySelectorAll('main *, nav *')].filter(isOut);
    const cut = [...document.querySelectorAll('.bar .nav-link')].filter(isCut);
    return [...wide, ...cut].map(({ className, textContent }) => `${className}: ${textContent}`);
  });
  assert.deepEqual(wide, [], message);
  // A phone makes room for what is wider, so that what is fixed to an edge is out of sight.
  assert.equal(await page.evaluate(() => innerWidth), width, message);
}

const STATES = {
  'en-GB': { connecting: 'Connecting…', open: 'Watching', pause: 'Pause', paused: 'Paused' },
  'fr-FR': { connecting: 'Connexion…', open: 'À l’écoute', pause: 'Pause', paused: 'En pause' },
};
const SCREENS = [
  ...Object.keys(STATES).flatMap((locale) => [320, 375].map((width) => ({ locale, width, isMobile: true }))),
  ...[900, 1200, 1600].map((width) => ({ locale: 'fr-FR', width, isMobile: false })),
];
const screen = ({ locale, width, isMobile }) => ({ locale, viewport: { width, height: 900 }, isMobile, hasTouch: isMobile });

for (const { locale, width, isMobile } of SCREENS) {
  test(`nothing is wider than the screen, ${locale}, ${width} px`, async (t) => {
    const page = await open(t, '/live', screen({ locale, width, isMobile }));
    await page.getByText(STATES[locale].open, { exact: true }).waitFor();
    const id = await crowd(t);
    const question = { app: app.id, event: 'price', channel: 'cache-axe', socket_id: id };
    const paths = [
      ...Object.values(PAGES).map(({ path }) => path),
      '/channels/cache-axe',
      `/connections/${id}`,
      `/why?${new URLSearchParams(question)}`,
    ];
    for (const path of paths) {
      await visit(page, path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.locator('.loading').first().waitFor({ state: 'detached' });
      await assertFits(page, width, path);
    }
  });
}

for (const [locale, states] of Object.entries(STATES)) {
  test(`each state of the live feed fits a phone, ${locale}`, async (t) => {
    const width = 320;
    const page = await open(t, '/overview', screen({ locale, width, isMobile: true }));
    const held = new Promise((resolve) => void page.route(/\/admin\/api\/tail/, resolve));
    await visit(page, '/live');
    await page.getByText(states.connecting, { exact: true }).waitFor();
    await assertFits(page, width, 'connecting');
    await (await held).continue();
    await page.getByText(states.open, { exact: true }).waitFor();
    await assertFits(page, width, 'open');
    await page.getByRole('button', { name: states.pause, exact: true }).click();
    await page.getByText(states.paused, { exact: true }).waitFor();
    const events = Array.from({ length: 10 }, () => ({ channel: 'fits', name: 'tick', data: '' }));
    for (let batch = 0; batch < 12; batch++) await backend.triggerBatch(events);
    await page.locator('.feed-waiting').filter({ hasText: /^1\d\d / }).waitFor();
    await assertFits(page, width, 'paused');
  });
}
