import assert from 'node:assert/strict';
import test from 'node:test';

import { Heard } from '../support/heard.js';
import { subscribe } from '../support/clients.js';
import { unique } from '../support/options.js';
import { authorizeChannel, openSite } from '../support/site.js';
import { answered, authorizeAll, backend, note, openPage } from './page.js';

/** A site that keeps each request for an authorization until it is told to answer. */
async function openSlowSite(heard) {
  const slow = (what, answer) => async (visit) => {
    await new Promise((resolve) => heard.note(what, resolve));
    return answer(visit);
  };
  return openSite({
    'POST /broadcasting/auth': slow('one', authorizeChannel),
    'POST /broadcasting/auth/batch': slow('batch', ({ user, body }) => {
      return { body: JSON.stringify({ channels: authorizeAll(user, JSON.parse(body)) }) };
    }),
  });
}

for (const what of ['one', 'batch']) {
  for (const isFirst of [true, false]) {
    const when = isFirst ? 'before' : 'after';
    test(`an answer for an earlier connection is thrown away (${what}, ${when} that for the present one)`, async (t) => {
      const asked = new Heard();
      const site = await openSlowSite(asked);
      const batchEndpoint = what === 'batch' ? `${site}/broadcasting/auth/batch` : undefined;
      const page = await openPage(t, { site, batchEndpoint });
      const names = (what === 'batch' ? ['private-a', 'presence-b'] : ['private-a']).map(unique);
      const channels = names.map((name) => page.client.subscribe(name));
      for (const channel of channels) note(page.heard, channel, 'pusher:subscription_error', 'n');
      const answerLate = await asked.next(what);
      page.proxy.cut();
      const answerNow = await asked.next(what);

      const back = Promise.all(names.map((name) => answered(page.client, name)));
      if (isFirst) answerLate();
      answerNow();
      await back;
      if (!isFirst) answerLate();
      // The late answer has come before one to a later request.
      const fence = page.client.subscribe(unique('private-fence'));
      note(page.heard, fence, 'pusher:subscription_succeeded');
      (await asked.next('one'))();
      await page.heard.next('pusher:subscription_succeeded');
      await subscribe(page.client, unique('end'));
      await backend.trigger(names[0], 'n', {});
      await page.heard.next('n');
      assert.deepEqual(page.heard.names, ['pusher:subscription_succeeded', 'n']);
      assert.deepEqual(asked.names, [what, what, 'one'], 'nothing is asked again');
    });
  }
}
