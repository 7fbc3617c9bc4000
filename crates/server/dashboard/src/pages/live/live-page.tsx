import { useMemo } from 'preact/hooks';

import { useApps } from '../../core/apps';
import { compact, number, useFormats } from '../../core/format';
import { groupNames, GROUPS } from '../../core/kinds';
import { href, useRoute } from '../../core/route';
import { useServer } from '../../core/session';
import { Button } from '../../ui/button';
import { Empty, Page, RefusalNote } from '../../ui/page';
import { UnknownApp } from '../../ui/unknown-app';
import { FeedView } from './feed-view';
import { Filters } from './filters';
import { RateStrip } from './rate-strip';
import { liveTexts } from './texts';
import { MAX_PER_SECOND, useFeed, type FeedFilter } from './use-feed';

/** The filter that the URL describes. */
function filterOf(query: URLSearchParams): FeedFilter {
  const groups = query.get('kind')?.split(',') ?? [];
  const kinds = groupNames.filter((group) => groups.includes(group)).flatMap((group) => GROUPS[group]);
  const names = ['app', 'channel', 'event', 'socket_id', 'user', 'text'] as const;
  return { kind: kinds.join(), ...Object.fromEntries(names.map((name) => [name, query.get(name)])) };
}

export function LivePage() {
  const t = useFormats(liveTexts);
  const server = useServer();
  const { query } = useRoute();
  const { isUnknown } = useApps();
  const filter = useMemo(() => filterOf(query), [query]);
  const feed = useFeed(filter);
  const isFiltered = Object.values(filter).some(Boolean);
  return (
    <Page
      title={t.title}
      about={server?.cluster ? t.aboutNode(server.node) : t.about}
      actions={
        <>
          <Button icon={feed.isPaused ? 'play' : 'pause'} onClick={() => feed.setPaused(!feed.isPaused)}>
            {feed.isPaused ? t.resume : t.pause}
          </Button>
          <Button icon="trash" onClick={feed.clear}>
            {t.clear}
          </Button>
        </>
      }
    >
      <Filters />
      <div class="feed-card">
        <div class="feed-status" role="status">
          <span class={`pulse pulse-${feed.isPaused ? 'paused' : feed.state}`} />
          <span>{feed.isPaused ? t.state.paused : t.state[feed.state]}</span>
          {feed.waiting > 0 && <span class="feed-waiting">{t.waiting(number(feed.waiting))}</span>}
        </div>
        <RateStrip feed={feed} />
        <dl class="feed-counts" data-received={feed.received} data-missed={feed.missed}>
          <div>
            <dt>{t.received}</dt>
            <dd>{compact(feed.received)}</dd>
          </div>
          <div class={feed.missed > 0 ? 'is-missed' : undefined} title={t.leftOutTitle(number(MAX_PER_SECOND))}>
            <dt>{t.leftOut}</dt>
            <dd>{compact(feed.missed)}</dd>
          </div>
        </dl>
      </div>
      {isUnknown && <UnknownApp link={href(['live'])} />}
      {feed.refusal && feed.state === 'down' && <RefusalNote refusal={feed.refusal} />}
      {!isUnknown && (
        <FeedView
          feed={feed}
          empty={
            feed.state !== 'down' && (
              <Empty
                icon="live"
                title={t.waitingTitle}
                action={
                  <a class="button button-primary" href={href(['events'], { app: query.get('app') })}>
                    {t.sendEvent}
                  </a>
                }
              >
                <p>{isFiltered ? t.filteredText : t.waitingText}</p>
              </Empty>
            )
          }
        />
      )}
    </Page>
  );
}
