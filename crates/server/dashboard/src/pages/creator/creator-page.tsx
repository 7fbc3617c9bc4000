import { useEffect, useState } from 'preact/hooks';

import { useAction } from '../../core/action';
import { path, post } from '../../core/api';
import { useFormats } from '../../core/format';
import { pretty } from '../../core/json';
import { useText } from '../../core/locale';
import { href, setQuery, useRoute } from '../../core/route';
import { SERVER_URL } from '../../core/server-url';
import { useCanChange } from '../../core/session';
import type { AppEntry } from '../../core/types';
import { Button } from '../../ui/button';
import { common } from '../../ui/common-texts';
import { AreaField, Choice, TextField } from '../../ui/form';
import { JsonHint, jsonProblem } from '../../ui/json-hint';
import { Card, Note, Page, RefusalNote } from '../../ui/page';
import { Code, Time } from '../../ui/values';
import { WithApp } from '../../ui/with-app';
import { claironSnippet, curlSnippet, phpSnippet, type Draft } from './snippets';
import { creatorTexts } from './texts';

/** The longest data, in characters, that is part of the page's URL. */
const SHORT = 4_000;

export function CreatorPage() {
  const t = useText(creatorTexts);
  return (
    <WithApp title={t.title} about={t.about}>
      {(app, picker) => (
        <Page title={t.title} about={t.about} actions={picker}>
          <Creator app={app} />
        </Page>
      )}
    </WithApp>
  );
}

function Creator({ app }: { app: AppEntry }) {
  const t = useFormats(creatorTexts);
  const c = useText(common);
  const canChange = useCanChange();
  const { query } = useRoute();
  const [channelText, setChannelText] = useState(query.get('channel') ?? '');
  const [event, setEvent] = useState(query.get('event') ?? '');
  const [data, setData] = useState(query.get('data') ?? '{\n  "text": "Hello"\n}');
  const [socketId, setSocketId] = useState(query.get('socket_id') ?? '');
  // A name may have spaces and commas: that of a user's channel has any text.
  const channels = channelText.split('\n').filter((name) => name.trim() !== '');
  const draft: Draft = { app: app.id, key: app.key, url: SERVER_URL, channels, event, data, socketId };
  const body = { name: event, channels, data, ...(socketId && { socket_id: socketId }) };
  const action = useAction(async () => {
    const { receivers } = await post<{ receivers: Receivers }>(path(['apps', app.id, 'events']), body);
    return { receivers, at: new Date().toISOString() };
  });
  // What came of one event is not what comes of another.
  useEffect(action.reset, [app.id, channelText, event, data, socketId]);

  return (
    <div class="columns columns-form">
      <Card label={t.form}>
        <form
          onSubmit={(submit) => {
            submit.preventDefault();
            // So the form is the same after a sign-in or a reload.
            setQuery({ channel: channelText, event, data: data.length <= SHORT ? data : null, socket_id: socketId || null });
            void action.run();
          }}
        >
          <AreaField label={t.channels} hint={t.channelsHint} value={channelText} onChange={setChannelText} rows={2} />
          <TextField label={t.event} value={event} onChange={setEvent} mono required />
          <AreaField
            label={t.data}
            value={data}
            onChange={setData}
            rows={9}
            hint={<JsonHint text={data} />}
          />
          <TextField label={t.exclude} hint={t.excludeHint} value={socketId} onChange={setSocketId} mono />
          <div class="actions">
            <Button
              kind="primary"
              type="submit"
              icon="send"
              disabled={!canChange || action.isBusy || channels.length === 0 || event === ''}
              title={canChange ? undefined : c.readOnly}
            >
              {t.send}
            </Button>
            <Button kind="quiet" disabled={jsonProblem(data) !== null} onClick={() => setData(pretty(data) ?? data)}>
              {t.format}
            </Button>
          </div>
          {action.refusal && <RefusalNote refusal={action.refusal} />}
          {action.result && <Sent app={app.id} event={event} channels={channels} {...action.result} />}
        </form>
      </Card>
      <Snippets draft={draft} />
    </div>
  );
}

/** By channel; `null` where they are not counted. */
type Receivers = Record<string, number | null> | number | null;

function Sent(props: { app: string; event: string; channels: string[]; receivers: Receivers; at: string }) {
  const t = useFormats(creatorTexts);
  const { app, event, channels, receivers, at } = props;
  const counts = channels.map((name) => ({
    name,
    count: typeof receivers === 'object' && receivers !== null ? (receivers[name] ?? null) : receivers,
  }));
  const isHeard = counts.some(({ count }) => count !== 0);
  return (
    <Note tone={isHeard ? 'good' : 'warn'}>
      <p>
        {isHeard ? t.sent : t.nobody} <Time value={at} as="clock" />
      </p>
      <ul class="receivers">
        {counts.map(({ name, count }) => (
          <li key={name}>
            <span class="mono">{name}</span> {count === null ? t.unknownReceivers : t.receivers(count)}
          </li>
        ))}
      </ul>
      <a href={href(['why'], { app, event, channel: channels[0] })}>{t.why}</a>
    </Note>
  );
}

const MAKERS = { curl: curlSnippet, PHP: phpSnippet, 'clairon publish': claironSnippet };

type Maker = keyof typeof MAKERS;

function Snippets({ draft }: { draft: Draft }) {
  const t = useText(creatorTexts);
  const [maker, setMaker] = useState<Maker>('curl');
  const options = (Object.keys(MAKERS) as Maker[]).map((value) => ({ value, label: value }));
  return (
    <Card title={t.same}>
      <Choice label={t.same} value={maker} options={options} onChange={setMaker} />
      <Code text={MAKERS[maker](draft)} label={maker} />
      <p class="hint">{t.sameAbout}</p>
    </Card>
  );
}
