import { subscribed } from '../support/echo.js';
import { equal } from '../support/expect.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';

export const channels = {
  'listen hears App\\Events by class, any other event by its name': async (site) => {
    const name = unique('orders');
    const heard = new Heard();
    const channel = site.echo('alice').channel(name);
    channel
      .listen('OrderShipped', heard.as('class'))
      .listen('.order.shipped', heard.as('name'))
      .listen('\\Shop\\Events\\OrderShipped', heard.as('other namespace'));
    await subscribed(channel);

    await site.trigger(name, 'App\\Events\\OrderShipped', { order: 1 });
    await site.trigger(name, 'order.shipped', { order: 2 });
    await site.trigger(name, 'Shop\\Events\\OrderShipped', { order: 3 });

    equal(await heard.next('class'), { order: 1 }, 'by class');
    equal(await heard.next('name'), { order: 2 }, 'by name');
    equal(await heard.next('other namespace'), { order: 3 }, 'by full class');
    equal(heard.names, ['class', 'name', 'other namespace'], 'each event once, in order');
  },

  'data arrives as it was sent, whatever its type': async (site) => {
    const name = unique('data');
    const heard = new Heard();
    const channel = site.echo('alice').channel(name).listen('.data', heard.as('data'));
    await subscribed(channel);

    const values = [{ text: 'naïve 日本 😀 "quoted" \\ \u2028', nested: [{}, [], null] }, [1, 2], {}, 'plain text'];
    for (const value of values) {
      await site.trigger(name, 'data', value);
      equal(await heard.next('data'), value, 'data');
    }
  },

  'listenToAll hears every event but those of the protocol': async (site) => {
    const name = unique('all');
    const heard = new Heard();
    const channel = site.echo('alice').channel(name).listenToAll((...event) => heard.note('event', event));
    await subscribed(channel);

    await site.trigger(name, 'App\\Events\\First', {});
    await site.trigger(name, 'second', {});

    equal(await heard.next('event'), ['First', {}], 'an event of the namespace');
    equal(await heard.next('event'), ['.second', {}], 'any other event');
  },

  'stopListening ends one event, not the channel': async (site) => {
    const name = unique('stop');
    const heard = new Heard();
    const channel = site.echo('alice').channel(name).listen('Kept', heard.as('kept')).listen('Ended', heard.as('ended'));
    await subscribed(channel);
    channel.stopListening('Ended');

    await site.trigger(name, 'App\\Events\\Ended', {});
    await site.trigger(name, 'App\\Events\\Kept', {});

    await heard.next('kept');
    equal(heard.names, ['kept'], 'what is heard');
  },

  'toOthers leaves out the page that caused the event': async (site) => {
    const name = unique('others');
    const [mine, theirs] = [new Heard(), new Heard()];
    const me = site.echo('alice');
    await subscribed(me.channel(name).listenToAll(mine.as('event')));
    await subscribed(site.echo('bob').channel(name).listenToAll(theirs.as('event')));

    await site.trigger(name, 'to-others', {}, me.socketId());
    await site.trigger(name, 'to-all', {});

    equal(await mine.next('event'), '.to-all', 'the first that I hear');
    equal(await theirs.next('event'), '.to-others', 'the first that the others hear');
  },
};
