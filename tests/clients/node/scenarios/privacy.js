import { refused, subscribed } from '../support/echo.js';
import { equal } from '../support/expect.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';

export const privacy = {
  'private hears what is sent to its channel alone': async (site) => {
    const name = unique('account');
    const heard = new Heard();
    const channel = site.echo('alice').private(name).listen('Changed', heard.as('changed'));
    await subscribed(channel);

    await site.trigger(name, 'App\\Events\\Changed', { of: 'the public channel' });
    await site.trigger(`private-${name}`, 'App\\Events\\Changed', { of: 'the private channel' });

    equal(await heard.next('changed'), { of: 'the private channel' }, 'the first that is heard');
  },

  'notification hears what Laravel notifies a user of': async (site) => {
    const name = unique('App.Models.User');
    const heard = new Heard();
    await subscribed(site.echo('alice').private(name).notification(heard.as('notification')));

    const notification = { id: '7e7', type: 'App\\Notifications\\InvoicePaid', invoice: 12 };
    const event = 'Illuminate\\Notifications\\Events\\BroadcastNotificationCreated';
    await site.trigger(`private-${name}`, event, notification);

    equal(await heard.next('notification'), notification, 'notification');
  },

  'error tells that the site refuses the channel': async (site) => {
    const error = await refused(site.echo('alice').private(unique('forbidden')));
    equal([error.type, error.status], ['AuthError', 403], 'error');
  },

  'error tells that the server refuses the signature, and the page stays connected': async (site) => {
    const echo = site.echo('alice');
    const error = await refused(echo.private(unique('forged')));
    equal([error.type, error.status], ['AuthError', 401], 'error');
    await subscribed(echo.private(unique('account')));
  },
};
