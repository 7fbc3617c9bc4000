import { useState } from 'preact/hooks';

import { path } from '../../core/api';
import { bytes, milliseconds, useFormats } from '../../core/format';
import { libraryOf } from '../../core/libraries';
import { useText } from '../../core/locale';
import { href } from '../../core/route';
import { useResource } from '../../core/resource';
import { useCanChange } from '../../core/session';
import type { ConnectionView } from '../../core/types';
import { Button } from '../../ui/button';
import { common } from '../../ui/common-texts';
import { Card, Empty, Loading, Page, ResourceNote } from '../../ui/page';
import { Story } from '../live/story';
import { Badge, Facts, Time } from '../../ui/values';
import { DisconnectDialog, SendDialog } from './dialogs';
import { connectionTexts } from './texts';

const EVERY_MS = 2_000;

export function ConnectionPage({ app, id }: { app: string; id: string }) {
  const t = useFormats(connectionTexts);
  const c = useText(common);
  const canChange = useCanChange();
  const connection = useResource<ConnectionView>(path(['apps', app, 'connections', id]), EVERY_MS);
  const [dialog, setDialog] = useState<'disconnect' | 'send' | null>(null);
  const { refusal } = connection;
  const isUnknown = refusal?.status === 404;
  // Without the recorder nothing is known of a connection that has ended, and what was shown of it is old.
  const data = isUnknown ? null : connection.data;
  const isOpen = data !== null && data.connected !== false;
  const readOnly = canChange ? undefined : c.readOnly;
  return (
    <Page
      title={id}
      scope={data?.scope}
      back={{ link: href(['connections'], { app }), label: t.title }}
      actions={
        <>
          <a class="button button-plain" href={href(['why'], { app, socket_id: id })}>
            {t.why}
          </a>
          <Button icon="send" disabled={!isOpen || !canChange} title={readOnly} onClick={() => setDialog('send')}>
            {t.send}
          </Button>
          <Button kind="danger" disabled={!isOpen || !canChange} title={readOnly} onClick={() => setDialog('disconnect')}>
            {t.disconnect}
          </Button>
        </>
      }
    >
      {connection.loading && <Loading />}
      {!isUnknown && <ResourceNote of={connection} />}
      {isUnknown && (
        <Card>
          <Empty icon="connections" title={t.gone}>
            <p>{t.goneText}</p>
          </Empty>
        </Card>
      )}
      {data && (
        <div class="columns columns-story">
          <ConnectionFacts app={app} data={data} isOpen={isOpen} />
          <Card title={t.story}>
            <p class="about">{t.storyAbout}</p>
            {data.story.length === 0 ? (
              <Empty icon="live" title={t.storyEmpty}>
                <p>{t.storyEmptyText}</p>
              </Empty>
            ) : (
              <Story activities={data.story} app={app} />
            )}
            {data.recorder.since && (
              <p class="hint">
                {t.recorderSince} <Time value={data.recorder.since} as="clock" />
              </p>
            )}
          </Card>
        </div>
      )}
      {dialog === 'send' && (
        <SendDialog app={app} id={id} channels={data?.channel_names ?? []} onClose={() => setDialog(null)} />
      )}
      {dialog === 'disconnect' && (
        <DisconnectDialog
          app={app}
          id={id}
          onClose={() => {
            setDialog(null);
            connection.reload();
          }}
        />
      )}
    </Page>
  );
}

function ConnectionFacts({ app, data, isOpen }: { app: string; data: ConnectionView; isOpen: boolean }) {
  const t = useFormats(connectionTexts);
  // Only the recorder has the client, of a connection that began while it ran, and all of one that has ended.
  const start = data.story.find(({ kind }) => kind === 'connected');
  const client = start?.client;
  const [peer, since] = [data.peer ?? start?.peer, data.connected_at ?? start?.time];
  const queue = data.queued_bytes ? t.queued(bytes(data.queued_bytes), data.queued_frames ?? 0) : t.empty;
  return (
    <Card title={t.facts} actions={<Badge tone={isOpen ? 'good' : 'quiet'}>{isOpen ? t.open : t.ended}</Badge>}>
      <Facts
        pairs={[
          [t.user, isOpen ? (data.user_id ?? <span class="quiet">{t.anonymous}</span>) : data.user_id],
          [t.peer, peer && <span class="mono">{peer}</span>],
          [t.library, data.library ? libraryOf(data.library) : client?.library && libraryOf(client.library)],
          [t.origin, client?.origin && <span class="mono">{client.origin}</span>],
          [t.userAgent, client?.user_agent],
          [t.since, since && <Time value={since} />],
          [t.queue, isOpen && queue],
          [t.blocked, !!data.blocked_milliseconds && milliseconds(data.blocked_milliseconds)],
        ]}
      />
      {(data.channel_names?.length ?? 0) > 0 && (
        <>
          <h3>{t.channels}</h3>
          <ul class="people people-dense">
            {data.channel_names?.map((name) => (
              <li key={name}>
                <a class="mono" href={href(['channels', name], { app })}>
                  {name}
                </a>
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}
