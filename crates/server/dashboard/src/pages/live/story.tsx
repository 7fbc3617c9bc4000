import { kindTexts, tone } from '../../core/kinds';
import { useText } from '../../core/locale';
import { href } from '../../core/route';
import type { Activity } from '../../core/types';
import { useFormats } from '../../core/format';
import { What } from './activity-row';
import { liveTexts } from './texts';
import { Time } from '../../ui/values';

/** Activities as a time line, in the given order. */
export function Story({ activities, app }: { activities: Activity[]; app: string }) {
  const { kinds } = useText(kindTexts);
  const t = useFormats(liveTexts);
  return (
    <ol class="story">
      {activities.map((activity, index) => (
        <li key={activity.id ?? index} class={`story-${tone(activity.kind)}`}>
          <p class="story-head">
            <strong>{kinds[activity.kind]}</strong>
            <Time value={activity.time} as="clock" />
          </p>
          <p class="story-what">
            <What activity={activity} />
            {/* A client's own event never comes back to it. */}
            {activity.except && activity.except !== activity.socket && (
              <span>
                {t.fields.excluded}{' '}
                <a class="mono" href={href(['connections', activity.except], { app })}>
                  {activity.except}
                </a>
              </span>
            )}
          </p>
        </li>
      ))}
    </ol>
  );
}
