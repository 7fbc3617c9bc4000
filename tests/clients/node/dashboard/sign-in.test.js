import assert from 'node:assert/strict';
import test, { after } from 'node:test';

import { adminPassword, closeBrowser, dashboardUrl, open, settled } from '../support/dashboard.js';
import { app } from '../support/settings.js';

after(closeBrowser);

test('a wrong password is refused, the right one leads to the page of the link, and signing out ends the session', async (t) => {
  const page = await open(t, '/channels', { role: null });
  await page.getByLabel('Password', { exact: true }).last().fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').filter({ hasText: 'That is not right.' }).waitFor();
  await page.locator('input[type=password]').fill(adminPassword);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await settled(page, 'Channels');
  const [cookie] = await page.context().cookies(new URL('../admin/api/session', dashboardUrl('/')).href);
  assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, 'Strict']);

  await page.getByRole('button', { name: 'Sign out' }).first().click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
});

test('a viewer sees everything and can change nothing, and no secret', async (t) => {
  const page = await open(t, `/apps/${app.id}?tab=keys`, { role: 'viewer' });
  await settled(page, app.id);
  for (const name of ['Reveal', 'Add a key', 'Retire', 'Disable', 'Delete']) {
    assert.ok(await page.getByRole('button', { name, exact: true }).first().isDisabled(), name);
  }
  await page.locator('.page-head').getByText('read-only', { exact: true }).waitFor();
  assert.ok(!(await page.content()).includes(app.secret));
  const status = await page.evaluate(async (id) => (await fetch(`../admin/api/apps/${id}?show_secret=true`)).status, app.id);
  assert.equal(status, 403);
});

test('the page speaks the language of the browser, and the switch is remembered', async (t) => {
  const page = await open(t, '/overview', { locale: 'fr-FR' });
  await settled(page, 'Aperçu');
  assert.equal(await page.locator('html').getAttribute('lang'), 'fr');
  await page.getByText('EN', { exact: true }).first().click();
  await settled(page, 'Overview');
  await page.reload();
  await settled(page, 'Overview');
  assert.equal(await page.locator('html').getAttribute('lang'), 'en');
});

test('the theme is that of the system, and the switch is remembered', async (t) => {
  const page = await open(t, '/overview', { colorScheme: 'dark' });
  await settled(page, 'Overview');
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const dark = await background();
  await page.getByTitle('Light').first().click();
  const light = await background();
  assert.notEqual(light, dark);
  await page.reload();
  await settled(page, 'Overview');
  assert.equal(await background(), light);
});

test('times are in the zone of the viewer', async (t) => {
  const shownIn = async (timezoneId) => {
    const page = await open(t, `/apps/${app.id}?tab=keys`, { timezoneId });
    await settled(page, app.id);
    const time = page.locator('.key-facts time').first();
    const [hours] = /\d\d(?=:\d\d:\d\d)/.exec(await time.textContent());
    return (Number(hours) - new Date(await time.getAttribute('datetime')).getUTCHours() + 24) % 24;
  };
  assert.deepEqual([await shownIn('UTC'), await shownIn('Asia/Tokyo')], [0, 9]);
});

test('every page is reached with the keyboard alone', async (t) => {
  const page = await open(t);
  await settled(page, 'Overview');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the content');
  // The heading of a new page has the focus. The links are before it.
  let key = 'Tab';
  for (const name of ['Live', 'Channels', 'Connections', 'Why?', 'Event creator', 'Apps', 'Set-up check']) {
    const link = page.locator('.side').getByRole('link', { name, exact: true });
    for (let presses = 0; !(await link.evaluate((element) => element === document.activeElement)); presses += 1) {
      assert.ok(presses < 60, `no way to ${name}`);
      await page.keyboard.press(key);
    }
    await page.keyboard.press('Enter');
    await settled(page, name);
    key = 'Shift+Tab';
  }
});
