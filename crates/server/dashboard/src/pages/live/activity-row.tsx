import { clock, compact, useFormats } from '../../core/format';
import { kindTexts, tone } from '../../core/kinds';
import { useText } from '../../core/locale';
import type { Activity } from '../../core/types';
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
  const { channel, event, data, reason, request, code, receivers } = activity;
  return (
    <>
      {event && <strong>{event}</strong>}
      {channel && <span class="activity-channel">{channel}</span>}
      {request && <span class="mono">{request}</span>}
      {code !== undefined && <span class="activity-code">{code}</span>}
      {reason && (
        <span class="activity-reason" lang="en">
          {reason}
        </span>
      )}
      {receivers !== undefined && (
        <span class="activity-receivers">{receivers === 1 ? t.receiver : t.receivers(compact(receivers))}</span>
      )}
      {data && <span class="activity-data">{data.slice(0, 300)}</span>}
    </>
  );
}
