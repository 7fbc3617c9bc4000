import { here, subscribed } from '../support/echo.js';
import { equal } from '../support/expect.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';

export const leaving = {
  'leave ends the channel in all its forms, and it can be joined again': async (site) => {
    const name = unique('room');
    const heard = new Heard();
    const echo = site.echo('alice');
    await Promise.all([subscribed(echo.channel(name)), subscribed(echo.private(name)), here(echo.join(name))]);
    const forms = [name, `private-${name}`, `presence-${name}`];
    echo.leave(name);
    // The server answers in order: once this is agreed to, the channels above are left.
    await subscribed(echo.channel(unique('fence')));

    await site.trigger(forms, 'App\\Events\\Missed', {});
    const again = echo.channel(name).listen('Missed', heard.as('missed')).listen('Heard', heard.as('heard'));
    await subscribed(again);
    await site.trigger(forms, 'App\\Events\\Heard', {});

    await heard.next('heard');
    equal(heard.names, ['heard'], 'what is heard');
  },

  'leaveChannel ends one form only': async (site) => {
    const name = unique('room');
    const heard = new Heard();
    const echo = site.echo('alice');
    const open = echo.channel(name).listen('Sent', heard.as('public'));
    const closed = echo.private(name).listen('Sent', heard.as('private'));
    await Promise.all([subscribed(open), subscribed(closed)]);
    echo.leaveChannel(name);
    await subscribed(echo.channel(unique('fence')));

    await site.trigger([name, `private-${name}`], 'App\\Events\\Sent', {});

    await heard.next('private');
    equal(heard.names, ['private'], 'what is heard');
  },

  'leaveAllChannels ends every channel': async (site) => {
    const names = [unique('first'), unique('second')];
    const witness = unique('witness');
    const heard = new Heard();
    const echo = site.echo('alice');
    await Promise.all(names.map((name) => subscribed(echo.channel(name).listen('Sent', heard.as(name)))));
    echo.leaveAllChannels();
    await subscribed(echo.channel(witness).listen('Sent', heard.as('witness')));

    await site.trigger([...names, witness], 'App\\Events\\Sent', {});

    await heard.next('witness');
    equal(heard.names, ['witness'], 'what is heard');
  },
};
