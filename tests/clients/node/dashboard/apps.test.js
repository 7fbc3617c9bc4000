import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import test, { after } from 'node:test';

import { pusherClient, connected, subscribe } from '../support/clients.js';
import { adminPassword, closeBrowser, open, settled } from '../support/dashboard.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';
import { app, host, port } from '../support/settings.js';

after(closeBrowser);

/** A new app, made on the page. Resolves with its id. */
async function create(page, name) {
  await settled(page, 'Apps');
  await page.getByRole('button', { name: 'Create an app' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill(name);
  await page.getByRole('dialog').getByRole('button', { name: 'Create an app' }).click();
  await settled(page, name);
  return page.locator('.ids .mono').textContent();
}

test('an app is created, limited, disabled, enabled and deleted', async (t) => {
  const page = await open(t, '/apps');
  const name = unique('Created app');
  const id = await create(page, name);
  await page.getByRole('link', { name: 'Settings', exact: true }).click();
  await page.getByLabel('Event data, bytes').fill('20480');
  await page.getByRole('switch', { name: 'Client events', exact: true }).check();
  await page.getByText('2 changes are not saved').waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved.').waitFor();
  await page.reload();
  await settled(page, name);
  assert.equal(await page.getByLabel('Event data, bytes').inputValue(), '20480');
  assert.ok(await page.getByRole('switch', { name: 'Client events', exact: true }).isChecked());

  await page.getByLabel('Event data, bytes').fill('0');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.locator('.hint-bad').filter({ hasText: 'event_data_bytes is 0' }).waitFor();
  // The wrong field has the focus, and neither it nor the refusal is out of sight.
  const wrong = page.locator(':focus');
  assert.equal(await wrong.inputValue(), '0');
  const [field, bar] = await Promise.all([wrong.boundingBox(), page.locator('.save-bar').boundingBox()]);
  assert.ok(field.y >= 0 && field.y + field.height <= bar.y, JSON.stringify({ field, bar }));
  await page.locator('.save-bar').getByText('Refused with 422.').waitFor();
  await page.getByRole('button', { name: 'Discard' }).click();

  await page.getByRole('button', { name: 'Disable', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Disable', exact: true }).click();
  await page.getByText('disabled', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Enable', exact: true }).click();
  await page.getByText('disabled', { exact: true }).waitFor({ state: 'detached' });

  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  const confirm = page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true });
  assert.ok(await confirm.isDisabled());
  await page.getByRole('dialog').getByLabel('Type the id of the app').fill(id);
  await confirm.click();
  await settled(page, 'Apps');
  await page.getByRole('link', { name, exact: true }).waitFor({ state: 'detached' });
});

test('keys are added and retired, say when they were used, and hide their secrets until asked', async (t) => {
  const page = await open(t, '/apps');
  const name = unique('App with keys');
  await create(page, name);
  await page.getByRole('link', { name: 'Keys', exact: true }).click();
  const secrets = page.locator('[data-secret]');
  await secrets.first().waitFor();
  assert.deepEqual(await secrets.allTextContents(), ['••••••••••••\u0020']);
  await page.getByRole('button', { name: 'Add a key' }).click();
  await page.getByText('A key was added.').waitFor();
  await page.waitForFunction(() => document.querySelectorAll('[data-secret]').length === 2);

  const revealed = page.waitForResponse((answer) => answer.url().includes('show_secret=true'));
  await page.getByRole('button', { name: 'Reveal' }).click();
  const { keys } = await (await revealed).json();
  for (const { key, secret } of keys) await page.locator(`[data-secret="${key}"]`).getByText(secret).waitFor();
  await page.getByRole('button', { name: 'Hide' }).click();
  for (const { secret } of keys) assert.ok(!(await page.content()).includes(secret));

  await page.getByRole('button', { name: 'Retire' }).last().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Retire' }).click();
  await page.waitForFunction(() => document.querySelectorAll('[data-secret]').length === 1);
  assert.ok(await page.getByRole('button', { name: 'Retire' }).isDisabled());
  assert.match(await page.locator('.key-facts').textContent(), /Last usednever/);
});

test('the lines for .env and Echo can be copied, with the secret once it is revealed', async (t) => {
  const permissions = ['clipboard-read', 'clipboard-write'];
  const page = await open(t, `/apps/${app.id}?tab=connect`, { permissions });
  await settled(page, app.id);
  const env = page.getByRole('region', { name: 'Lines for .env' });
  assert.match(await env.textContent(), new RegExp(`PUSHER_APP_KEY=${app.key}\n# PUSHER_APP_SECRET=\nPUSHER_HOST=${host}\nPUSHER_PORT=${port}\n`));
  await page.getByRole('button', { name: 'Reveal' }).click();
  await env.getByText(`PUSHER_APP_SECRET=${app.secret}`).waitFor();
  const copied = async (name) => {
    await page.locator('.card').filter({ has: page.getByRole('region', { name }) }).getByRole('button', { name: 'Copy' }).click();
    return page.evaluate(() => navigator.clipboard.readText());
  };
  assert.match(await copied('Lines for .env'), new RegExp(`PUSHER_APP_SECRET=${app.secret}\n`));
  assert.match(await copied('Laravel Echo'), /broadcaster: 'pusher'/);

  await page.getByLabel('Where clients find the server').fill('https://ws.example.com/clairon');
  assert.match(await env.textContent(), /PUSHER_HOST=ws\.example\.com\nPUSHER_PORT=443\nPUSHER_SCHEME=https\n/);
  assert.match(await page.getByRole('region', { name: 'Laravel Echo' }).textContent(), /wsPath: '\/clairon'/);
});

test('endpoints are added and tested, and their deliveries are shown and repeated', async (t) => {
  const heard = new Heard();
  let isChanging = false;
  const receiver = createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      response.writeHead(204).end();
      if (isChanging) heard.note('headers', request.headers);
      heard.note(request.headers['x-clairon-replay-of'] ? 'replay' : 'delivery', JSON.parse(Buffer.concat(parts).toString()));
    });
  });
  await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  t.after(() => receiver.close());
  const url = `http://127.0.0.1:${receiver.address().port}/hook`;

  const page = await open(t, `/apps/${app.id}?tab=webhooks`);
  await settled(page, app.id);
  await page.getByText('No endpoint yet').waitFor();
  await page.getByRole('button', { name: 'Add an endpoint' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('URL').fill(url);
  await dialog.getByLabel('channel_occupied').check();
  await dialog.getByLabel('Headers').fill('X-Shop: 1');
  await dialog.getByRole('button', { name: 'Add an endpoint' }).click();
  const endpoint = page.locator('.endpoints li').filter({ hasText: url });
  await endpoint.waitFor();

  await endpoint.getByRole('button', { name: 'Send a sample' }).click();
  await endpoint.getByText('It answered after').waitFor();
  await heard.next('delivery');

  const name = unique('webhook');
  await subscribe(pusherClient(t), name);
  const { events } = await heard.next('delivery');
  assert.deepEqual([events[0].name, events[0].channel], ['channel_occupied', name]);
  const attempt = page.locator('.attempts li').filter({ hasText: name });
  await attempt.waitFor({ state: 'attached' });
  await attempt.locator('summary').click();
  await attempt.getByRole('button', { name: 'Deliver again' }).click();
  assert.equal((await heard.next('replay')).events[0].channel, name);
  await attempt.first().getByText('1 delivery is repeated.').waitFor();

  // Each header can be removed, and others stay with their values, which the page does not know.
  isChanging = true;
  const change = async (act) => {
    await endpoint.getByRole('button', { name: 'Change' }).click();
    await act();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    await endpoint.getByRole('button', { name: 'Send a sample' }).click();
    return heard.next('headers');
  };
  let headers = await change(() => dialog.getByLabel('More headers').fill('X-Second: 2'));
  assert.deepEqual([headers['x-shop'], headers['x-second']], ['1', '2']);
  headers = await change(() => dialog.getByRole('button', { name: 'Remove the header X-Shop' }).click());
  assert.deepEqual([headers['x-shop'], headers['x-second']], [undefined, '2']);
  headers = await change(() => dialog.getByLabel('More headers').fill('x-second: 3'));
  assert.deepEqual([headers['x-shop'], headers['x-second']], [undefined, '3']);

  await endpoint.getByRole('button', { name: 'Remove' }).click();
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await endpoint.waitFor({ state: 'detached' });
});

test('a session that has ended asks to sign in again, and comes back to the same page', async (t) => {
  const page = await open(t, `/apps/${app.id}`);
  await settled(page, app.id);
  await page.context().clearCookies();
  await page.getByRole('link', { name: 'Webhooks', exact: true }).click();
  await page.getByText('Your session has ended.').waitFor();
  await page.locator('input[type=password]').fill(adminPassword);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await settled(page, app.id);
});

test('an app without clients says what to do', async (t) => {
  const page = await open(t, '/apps');
  const id = await create(page, unique('Quiet app'));
  await connected(pusherClient(t));
  for (const [path, text] of [
    ['channels', 'No channel has a subscriber'],
    ['connections', 'No connection is open'],
  ]) {
    await page.goto(`${page.url().split('#')[0]}#/${path}?app=${id}`);
    await page.getByText(text).waitFor();
    await page.getByRole('link', { name: 'Connect a page' }).click();
    await page.getByRole('region', { name: 'Lines for .env' }).waitFor();
  }
});
