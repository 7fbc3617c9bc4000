import { useEffect, useState } from 'preact/hooks';

import { path, post, Refusal } from '../../core/api';
import { bytes, number, useFormats } from '../../core/format';
import { kindTexts, tone } from '../../core/kinds';
import { libraryOf } from '../../core/libraries';
import { useText } from '../../core/locale';
import { href } from '../../core/route';
import { useCanChange } from '../../core/session';
import type { Activity } from '../../core/types';
import { Button } from '../../ui/button';
import { common } from '../../ui/common-texts';
import { Note, RefusalNote } from '../../ui/page';
import { Reason } from '../../ui/reason';
import { Badge, Data, Facts, Time } from '../../ui/values';
import { liveTexts } from './texts';

/** The longest data that a link takes to the event creator, in characters. */
const EDITABLE = 65_536;

/** All of an activity, and what can be done with it. */
export function ActivityDetails({ activity }: { activity: Activity }) {
  const t = useFormats(liveTexts);
  const { kinds } = useText(kindTexts);
  const { app, channel, event, socket, user, data, client } = activity;
  const isEvent = activity.kind === 'event' || activity.kind === 'client_event';
  return (
    <div class="details">
      <Badge tone={tone(activity.kind)}>{kinds[activity.kind]}</Badge>
      <Facts
        pairs={[
          [t.fields.reason, activity.reason && <Reason text={activity.reason} />],
          [t.fields.code, activity.code],
          [t.fields.event, event && <span class="mono">{event}</span>],
          [t.fields.channel, channel && (app ? <Place to={href(['channels', channel], { app })} text={channel} /> : channel)],
          [t.fields.socket, socket && (app ? <Place to={href(['connections', socket], { app })} text={socket} /> : socket)],
          [t.fields.user, user && <span class="mono">{user}</span>],
          [t.fields.peer, activity.peer && <span class="mono">{activity.peer}</span>],
          [t.fields.library, client?.library && libraryOf(client.library)],
          [t.fields.origin, client?.origin && <span class="mono">{client.origin}</span>],
          [t.fields.userAgent, client?.user_agent],
          [t.fields.request, activity.request && <span class="mono">{activity.request}</span>],
          [t.fields.receivers, activity.receivers !== undefined && String(number(activity.receivers))],
          [t.fields.excluded, activity.except && activity.except !== socket && <span class="mono">{activity.except}</span>],
          [t.fields.from, activity.relayed && t.otherNode],
          [t.fields.size, activity.bytes !== undefined && bytes(activity.bytes)],
          [t.fields.webhook, activity.webhook && <span class="mono">{activity.webhook}</span>],
          [t.fields.delivery, activity.delivery && <span class="mono">{activity.delivery}</span>],
          [t.fields.app, app && <Place to={href(['apps', app])} text={app} />],
          [t.fields.time, <Time value={activity.time} />],
        ]}
      />
      {data !== undefined && <Data text={data} label={t.data} />}
      {isEvent && app && channel && <Actions activity={activity} app={app} />}
    </div>
  );
}

const Place = ({ to, text }: { to: string; text: string }) => (
  <a class="mono" href={to}>
    {text}
  </a>
);

function Actions({ activity, app }: { activity: Activity; app: string }) {
  const t = useText(liveTexts);
  const c = useText(common);
  const canChange = useCanChange();
  const [result, setResult] = useState<'sent' | Refusal | null>(null);
  const { channel = '', event = '', data = '', data_hidden: isHidden = false, except } = activity;
  useEffect(() => setResult(null), [activity]);

  const resend = async () => {
    setResult(null);
    try {
      await post(path(['apps', app, 'events']), { name: event, channels: [channel], data, ...(except && { socket_id: except }) });
      setResult('sent');
    } catch (error) {
      setResult(error instanceof Refusal ? error : new Refusal(0, String(error)));
    }
  };
  return (
    <>
      {isHidden && <Note tone="info">{t.dataHidden}</Note>}
      <div class="actions">
        <Button
          icon="replay"
          kind="primary"
          disabled={isHidden || !canChange}
          title={canChange ? undefined : c.readOnly}
          onClick={() => void resend()}
        >
          {t.resend}
        </Button>
        {!isHidden && data.length <= EDITABLE && (
          <a class="button button-plain" href={href(['events'], { app, channel, event, data, socket_id: except })}>
            {t.edit}
          </a>
        )}
        <a class="button button-plain" href={href(['why'], { app, channel, event, activity: activity.id?.toString() })}>
          {t.why}
        </a>
      </div>
      {result === 'sent' && <Note tone="good">{t.resent}</Note>}
      {result instanceof Refusal && <RefusalNote refusal={result} />}
    </>
  );
}
