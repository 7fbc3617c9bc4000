import { refused, subscribed } from '../support/echo.js';
import { equal } from '../support/expect.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';

export const encrypted = {
  'encryptedPrivate opens what the backend sealed': async (site) => {
    const name = unique('letters');
    const heard = new Heard();
    await subscribed(site.echo('alice').encryptedPrivate(name).listen('Written', heard.as('written')));

    await site.trigger(`private-encrypted-${name}`, 'App\\Events\\Written', { text: 'for your eyes only 👀' });

    equal(await heard.next('written'), { text: 'for your eyes only 👀' }, 'letter');
  },

  'encryptedPrivate is refused with a forged signature': async (site) => {
    const error = await refused(site.echo('alice').encryptedPrivate(unique('forged')));
    equal(error.type, 'AuthError', 'type of the error');
  },
};
