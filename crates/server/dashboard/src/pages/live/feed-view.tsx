import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { useMedia } from '../../core/media';
import { useFormats } from '../../core/format';
import type { Activity } from '../../core/types';
import { Dialog } from '../../ui/dialog';
import { Icon } from '../../ui/icon';
import { VirtualList } from '../../ui/virtual-list';
import { ActivityDetails } from './activity-details';
import { ActivityRow } from './activity-row';
import { liveTexts } from './texts';
import type { Feed } from './use-feed';

/** Heights of a row in pixels, as in live.css. */
const ROW = 34;
const NARROW_ROW = 54;

/** The list of a feed with the details of the chosen line: beside it, or above it on a narrow screen. */
export function FeedView({ feed, empty }: { feed: Feed; empty: ComponentChildren }) {
  const t = useFormats(liveTexts);
  const [chosen, setChosen] = useState<Activity | null>(null);
  const isBeside = useMedia('(min-width: 1400px)');
  const isNarrow = useMedia('(max-width: 1100px)');
  return (
    <div class="feed">
      <div class="feed-list">
        <VirtualList
          items={feed.entries}
          keyOf={(entry) => entry.key}
          rowHeight={isNarrow ? NARROW_ROW : ROW}
          label={t.feed}
        >
          {({ activity }) => (
            <ActivityRow activity={activity} isChosen={activity === chosen} onChoose={() => setChosen(activity)} />
          )}
        </VirtualList>
        {feed.entries.length === 0 && <div class="feed-empty">{empty}</div>}
      </div>
      {isBeside ? (
        <aside class="feed-details" aria-label={t.details}>
          {chosen ? (
            <ActivityDetails activity={chosen} />
          ) : (
            <p class="feed-hint">
              <Icon name="info" size={18} />
              {t.chooseOne}
            </p>
          )}
        </aside>
      ) : (
        chosen && (
          <Dialog title={t.details} kind="sheet" onClose={() => setChosen(null)}>
            <ActivityDetails activity={chosen} />
          </Dialog>
        )
      )}
    </div>
  );
}
