import { here, subscribed } from '../support/echo.js';
import { equal } from '../support/expect.js';
import { Heard } from '../support/heard.js';
import { unique } from '../support/options.js';

export const whispers = {
  'a whisper on a private channel reaches the others only': async (site) => {
    const name = unique('document');
    const [mine, theirs] = [new Heard(), new Heard()];
    const me = site.echo('alice').private(name).listenForWhisper('typing', mine.as('typing'));
    const they = site.echo('bob').private(name).listenForWhisper('typing', theirs.as('typing'));
    await Promise.all([subscribed(me), subscribed(they)]);

    me.whisper('typing', { by: 'alice' });
    equal(await theirs.next('typing'), { by: 'alice' }, 'what they hear');
    they.whisper('typing', { by: 'bob' });
    equal(await mine.next('typing'), { by: 'bob' }, 'the first that I hear');
  },

  'a whisper in a room says who whispers': async (site) => {
    const room = unique('room');
    const heard = new Heard();
    await here(site.echo('alice').join(room).listenForWhisper('typing', (...whisper) => heard.note('typing', whisper)));
    const bob = site.echo('bob').join(room);
    await here(bob);

    bob.whisper('typing', { text: 'hm' });

    equal(await heard.next('typing'), [{ text: 'hm' }, { user_id: 'bob' }], 'whisper and its metadata');
  },

  'stopListeningForWhisper ends it': async (site) => {
    const name = unique('document');
    const heard = new Heard();
    const channel = site
      .echo('alice')
      .private(name)
      .listenForWhisper('typing', heard.as('typing'))
      .listenForWhisper('done', heard.as('done'));
    const other = site.echo('bob').private(name);
    await Promise.all([subscribed(channel), subscribed(other)]);
    channel.stopListeningForWhisper('typing');

    other.whisper('typing', {}).whisper('done', {});

    await heard.next('done');
    equal(heard.names, ['done'], 'what is heard');
  },
};
