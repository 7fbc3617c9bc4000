import { here, refused, subscribed } from '../support/echo.js';
import { equal } from '../support/expect.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';

const names = (members) => members.map(({ name }) => name).sort();

export const presence = {
  'here, joining and leaving tell who is there': async (site) => {
    const room = unique('room');
    const heard = new Heard();
    const alice = site.echo('alice').join(room).joining(heard.as('joining')).leaving(heard.as('leaving'));
    equal(names(await here(alice)), ['The alice'], 'here for the first');

    const bob = site.echo('bob');
    equal(names(await here(bob.join(room))), ['The alice', 'The bob'], 'here for the second');
    equal(await heard.next('joining'), { name: 'The bob' }, 'joining');

    bob.leave(room);
    equal(await heard.next('leaving'), { name: 'The bob' }, 'leaving');
  },

  'a second tab of a user neither joins nor leaves': async (site) => {
    const room = unique('room');
    const heard = new Heard();
    await here(site.echo('alice').join(room).joining(heard.as('joining')).leaving(heard.as('leaving')));
    const [first, second] = [site.echo('bob'), site.echo('bob')];
    await here(first.join(room));
    equal(names(await here(second.join(room))), ['The alice', 'The bob'], 'here for the second tab');

    const carol = site.echo('carol');
    await here(carol.join(room));
    first.leave(room);
    // The server answers in order: once this is agreed to, the first tab has left.
    await subscribed(first.channel(unique('fence')));
    carol.leave(room);
    equal(await heard.next('leaving'), { name: 'The carol' }, 'the first to leave');
    second.disconnect();
    equal(await heard.next('leaving'), { name: 'The bob' }, 'the last to leave');
    equal(heard.names, ['joining', 'joining', 'leaving', 'leaving'], 'who comes and goes');
  },

  'join hears events as any channel does': async (site) => {
    const room = unique('room');
    const heard = new Heard();
    await subscribed(site.echo('alice').join(room).listen('Said', heard.as('said')));
    await site.trigger(`presence-${room}`, 'App\\Events\\Said', { text: 'hello' });
    equal(await heard.next('said'), { text: 'hello' }, 'said');
  },

  'error tells that a room is refused': async (site) => {
    const echo = site.echo('alice');
    equal((await refused(echo.join(unique('forbidden')))).status, 403, 'status of the site');
    equal((await refused(echo.join(unique('forged')))).status, 401, 'status of the server');
  },
};
