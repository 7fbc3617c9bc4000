import { clock, useFormats } from '../../core/format';
import { kindTexts, tone } from '../../core/kinds';
import { libraryOf } from '../../core/libraries';
import { useText } from '../../core/locale';
import type { Activity } from '../../core/types';
import { Reason } from '../../ui/reason';
import { liveTexts } from './texts';

interface Props {
  activity: Activity;
  isChosen: boolean;
  onChoose: () => void;
}

/** An activity on one line, or on two on a phone. Every text is a text node, whatever it contains. */
export function ActivityRow({ activity, isChosen, onChoose }: Props) {
  const { kinds } = useText(kindTexts);
  return (
    <button
      type="button"
      class={`activity activity-${tone(activity.kind)}${isChosen ? ' activity-on' : ''}`}
      aria-pressed={isChosen}
      onClick={onChoose}
    >
      <time class="activity-time" dateTime={activity.time}>
        {clock(activity.time)}
      </time>
      <span class="activity-kind">{kinds[activity.kind]}</span>
      <span class="activity-what">
        <What activity={activity} />
      </span>
      <span class="activity-who">{activity.user ?? activity.socket ?? activity.peer ?? ''}</span>
    </button>
  );
}

/** What happened: the event with its channel and data, or the channel, or the reason. */
export function What({ activity }: { activity: Activity }) {
  const t = useFormats(liveTexts);
  const { channel, event, data, reason, request, code, receivers, client } = activity;
  return (
    <>
      {event && <strong>{event}</strong>}
      {channel && <span class="activity-channel">{channel}</span>}
      {request && <span class="mono">{request}</span>}
      {code !== undefined && <span class="activity-code">{code}</span>}
      {client?.library && <span>{libraryOf(client.library)}</span>}
      {client?.origin && <span class="mono">{client.origin}</span>}
      {reason && <Reason class="activity-reason" text={reason} />}
      {receivers !== undefined && (
        <span class="activity-receivers">{t.receivers(receivers)}</span>
      )}
      {data && <span class="activity-data">{data.slice(0, 300)}</span>}
    </>
  );
}
