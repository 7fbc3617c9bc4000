import { number, useFormats } from '../../core/format';
import { href } from '../../core/route';
import type { ChannelView } from '../../core/types';
import { Card, ScopeTag } from '../../ui/page';
import { channelTexts } from './texts';

/** A user's info is any JSON; on one line it is enough to recognize the user. */
const infoOf = (info: unknown) => (info === null || info === undefined ? '' : JSON.stringify(info));

export function Members({ app, channel }: { app: string; channel: ChannelView }) {
  const t = useFormats(channelTexts);
  const { users, users_total: total = users.length } = channel;
  return (
    <Card title={t.members}>
      {users.length === 0 && <p class="quiet">{t.noMembers}</p>}
      <ul class="people">
        {users.map(({ user_id, user_info }) => (
          <li key={user_id}>
            <a class="mono" href={href(['connections'], { app, user: user_id })}>
              {user_id}
            </a>
            <span class="people-info mono">{infoOf(user_info)}</span>
          </li>
        ))}
      </ul>
      {users.length < total && <p class="hint">{t.shown(number(users.length), number(total))}</p>}
    </Card>
  );
}

export function Subscribers({ app, channel }: { app: string; channel: ChannelView }) {
  const t = useFormats(channelTexts);
  const isElsewhere = channel.subscriptions > 0;
  const { socket_ids: ids, total, scope } = channel.subscribers;
  return (
    <Card title={t.subscribers} actions={<ScopeTag scope={scope} />}>
      {ids.length === 0 && <p class="quiet">{isElsewhere ? t.elsewhere : t.empty}</p>}
      <ul class="people people-dense">
        {ids.map((id) => (
          <li key={id}>
            <a class="mono" href={href(['connections', id], { app })}>
              {id}
            </a>
          </li>
        ))}
      </ul>
      {ids.length < total && <p class="hint">{t.shown(number(ids.length), number(total))}</p>}
    </Card>
  );
}
