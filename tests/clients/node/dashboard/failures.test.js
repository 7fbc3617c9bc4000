import assert from 'node:assert/strict';
import test, { after } from 'node:test';

import { connected, pusherClient, subscribe } from '../support/clients.js';
import { closeBrowser, open, visit } from '../support/dashboard.js';
import { unique } from '../support/options.js';
import { lowPort, startServer } from '../support/server.js';
import { app } from '../support/settings.js';

after(closeBrowser);

const PHONE = { locale: 'fr-FR', viewport: { width: 320, height: 812 } };
const GONE = 'Le serveur ne répond pas.';

/** A server of the test's own, with a way to sign in. */
async function ownServer(t) {
  const password = 'a password of this test';
  const server = await startServer(t, { port: await lowPort(), env: { CLAIRON_DASHBOARD_PASSWORD: password } });
  return { ...server, password };
}

/** Pages, with what shows that they have their data, and a press that asks the server if they do not ask by themselves. */
const PAGES = [
  ['/overview', '.tile-value'],
  ['/live', '.pulse-open'],
  ['/channels', '.toolbar-count'],
  ['/channels/news', '.stat'],
  ['/connections', '.toolbar-count'],
  ['/why?event=e&channel=news', '[data-verdict]', 'Chercher'],
  ['/events?channel=news&event=e', '[data-json]', 'Émettre'],
  ['/apps', '.toolbar-count'],
  [`/apps/${app.id}?tab=keys`, '.keys', 'Révéler'],
  [`/apps/${app.id}?tab=webhooks`, '.empty'],
  [`/apps/${app.id}?tab=connect`, '.code', 'Révéler'],
  ['/checks', '[data-check]', 'Vérifier à nouveau'],
];

test('a server that is gone is told on each page in its language, and pages go on when it is back', async (t) => {
  const server = await ownServer(t);
  const pages = [];
  for (const [path, sign, press] of PAGES) {
    const page = await open(t, path.includes('?') || path.includes('apps') ? path : `${path}?app=${app.id}`, { server, ...PHONE });
    await page.locator(sign).first().waitFor({ state: 'attached' });
    pages.push({ path, page, sign, press });
  }
  await server.stop('SIGKILL');
  for (const { path, page, press, sign } of pages) {
    if (press) await page.getByRole('button', { name: press, exact: true }).first().click();
    const note = page.getByRole('alert');
    await note.first().waitFor();
    assert.equal(await note.first().locator('p').first().textContent(), GONE, path);
    // Nothing of the browser's own words, and what was shown before stays.
    assert.equal(await note.locator('[lang=en]').count(), 0, path);
    if (!press) assert.ok((await page.locator(sign.replace('-open', '-down')).count()) > 0, path);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(overflow <= 0, `${path} is wider than the screen`);
  }
  await startServer(t, server);
  for (const { page, press } of pages) {
    if (press) await page.getByRole('button', { name: press, exact: true }).first().click();
    await page.getByRole('alert').first().waitFor({ state: 'detached' });
  }
});

test('what a pause holds stays while the stream is interrupted', async (t) => {
  const server = await ownServer(t);
  const page = await open(t, '/live', { server });
  await page.getByText('Watching', { exact: true }).waitFor();
  const [held, later] = [unique('held'), unique('later')];
  const lines = (name) => page.locator('.activity').filter({ hasText: name });
  await subscribe(pusherClient(t, { wsPort: server.port }), held);
  await lines(held).first().waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByText('Paused', { exact: true }).waitFor();
  await server.stop('SIGKILL');
  await page.getByRole('alert').waitFor();
  await startServer(t, server);
  await page.getByRole('alert').waitFor({ state: 'detached' });
  await subscribe(pusherClient(t, { wsPort: server.port }), later);
  await page.locator('.feed-waiting').waitFor();
  await lines(held).first().waitFor();
  await page.getByRole('button', { name: 'Resume' }).click();
  await lines(later).first().waitFor();
});

test('a connection that ends while nobody watches is no longer shown as open', async (t) => {
  const server = await ownServer(t);
  const client = pusherClient(t, { wsPort: server.port });
  const id = await connected(client);
  const page = await open(t, `/connections/${id}?app=${app.id}`, { server });
  await page.getByText('open', { exact: true }).waitFor();
  client.disconnect();
  await page.getByText('This connection is not known').waitFor();
  await page.getByText('open', { exact: true }).waitFor({ state: 'detached' });
  for (const name of ['Send to it alone', 'Disconnect']) assert.ok(await page.getByRole('button', { name }).isDisabled(), name);
});

test('a link to an app that does not exist says so on each page', async (t) => {
  const page = await open(t, '/checks');
  for (const path of ['/overview?app=nobody', '/live?app=nobody', '/channels?app=nobody', '/why?app=nobody', '/apps/nobody']) {
    await visit(page, path);
    await page.getByText('There is no such app').waitFor();
    assert.equal(await page.getByRole('alert').count(), 0, path);
    await page.getByRole('link', { name: 'All apps', exact: true }).click();
    await page.getByText('There is no such app').waitFor({ state: 'detached' });
  }
});
