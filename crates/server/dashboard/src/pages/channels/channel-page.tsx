import { path } from '../../core/api';
import { number, useFormats } from '../../core/format';
import { href } from '../../core/route';
import { useResource } from '../../core/resource';
import { useServer } from '../../core/session';
import type { ChannelView } from '../../core/types';
import { Card, Empty, Loading, Note, Page, RefusalNote, ResourceNote, ScopeTag } from '../../ui/page';
import { Data } from '../../ui/values';
import { FeedView } from '../live/feed-view';
import { useFeed } from '../live/use-feed';
import { Members, Subscribers } from './people';
import { channelTexts } from './texts';

const EVERY_MS = 3_000;

/** A name is a glob for the feed, in which these two characters would stand for others. */
const isGlob = (name: string) => /[*?]/.test(name);

export function ChannelPage({ app, name }: { app: string; name: string }) {
  const t = useFormats(channelTexts);
  const channel = useResource<ChannelView>(path(['apps', app, 'channels', name]), EVERY_MS);
  const { data } = channel;
  return (
    <Page
      title={name}
      scope={data?.scope}
      back={{ link: href(['channels'], { app }), label: t.title }}
      actions={
        <>
          <a class="button button-plain" href={href(['why'], { app, channel: name })}>
            {t.why}
          </a>
          <a class="button button-primary" href={href(['events'], { app, channel: name })}>
            {t.sendEvent}
          </a>
        </>
      }
    >
      <ResourceNote of={channel} />
      {channel.loading && <Loading />}
      {data && (
        <>
          {!data.occupied && <Note tone="info">{t.empty}</Note>}
          <div class="stats">
            <Stat label={t.subscriptions} value={data.subscriptions} />
            {data.kind.includes('presence') && <Stat label={t.members} value={data.users_total ?? data.users.length} />}
          </div>
          <div class="columns">
            {data.kind.includes('presence') && <Members app={app} channel={data} />}
            <Subscribers app={app} channel={data} />
            {isCache(name) && <LastEvent event={data.cached_event} />}
          </div>
        </>
      )}
      {!channel.loading && !isGlob(name) && <ChannelFeed app={app} name={name} isGone={channel.refusal?.status === 0} />}
    </Page>
  );
}

/** A channel that remembers its last event. */
const isCache = (name: string) => /^(private-|private-encrypted-|presence-)?cache-/.test(name);

function LastEvent({ event }: { event: ChannelView['cached_event'] }) {
  const t = useFormats(channelTexts);
  return (
    <Card title={t.lastEvent}>
      {event ? (
        <>
          <p class="mono strong">{event.event}</p>
          <Data text={event.data} label={t.lastEvent} />
          <p class="hint">{t.expires(number(event.expires_in_milliseconds / 1000))}</p>
        </>
      ) : (
        <p class="quiet">{t.noCache}</p>
      )}
    </Card>
  );
}

function Stat({ label, value }: { label: string; value: number }) {
  return (
    <div class="stat">
      <span class="tile-label">{label}</span>
      <span class="tile-value">{number(value)}</span>
    </div>
  );
}

/** `isGone`: the page says already that the server does not answer. */
function ChannelFeed({ app, name, isGone }: { app: string; name: string; isGone: boolean }) {
  const t = useFormats(channelTexts);
  const server = useServer();
  const feed = useFeed({ app, channel: name });
  return (
    <section class="channel-feed">
      <div class="card-head">
        <h2>{t.feed}</h2>
        {server && <ScopeTag scope={{ node: server.node }} />}
      </div>
      {feed.refusal && feed.state === 'down' && !isGone && <RefusalNote refusal={feed.refusal} />}
      <FeedView
        feed={feed}
        empty={
          feed.state !== 'down' && (
            <Empty icon="live" title={t.feedEmpty}>
              <p>{t.feedEmptyText}</p>
            </Empty>
          )
        }
      />
    </section>
  );
}
