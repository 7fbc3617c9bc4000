import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test, { after, before } from 'node:test';

import { backend } from '../support/backend.js';
import { connected, pusherClient, signIn, subscribe } from '../support/clients.js';
import { closeBrowser, open, PAGES, settled, visit } from '../support/dashboard.js';
import { app } from '../support/settings.js';

after(closeBrowser);

let axe;

before(async () => {
  axe = await readFile(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
});

/** The violations of WCAG 2.2 AA and of good practice that axe finds. */
async function violations(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

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

  test(`axe finds nothing on the sign-in, ${colorScheme}`, async (t) => {
    const page = await open(t, '/', { role: null, colorScheme });
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.deepEqual(await violations(page), []);
  });
}
