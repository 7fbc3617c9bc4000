import { useEffect, useState } from 'preact/hooks';

import { get, path } from '../../core/api';
import { useAction } from '../../core/action';
import { useFormats } from '../../core/format';
import { href, setQuery, useRoute } from '../../core/route';
import type { AppEntry, Why } from '../../core/types';
import { Button } from '../../ui/button';
import { Choice, TextField } from '../../ui/form';
import { Card, Empty, Page, RefusalNote } from '../../ui/page';
import { WithApp } from '../../ui/with-app';
import { Answer } from './answer';
import { whyTexts } from './texts';

export function WhyPage() {
  const t = useFormats(whyTexts);
  return (
    <WithApp title={t.title} about={t.about}>
      {(app, picker) => (
        <Page title={t.title} about={t.about} actions={picker}>
          <Question key={app.id} app={app} />
        </Page>
      )}
    </WithApp>
  );
}

/** The form, whose fields are parameters of the URL, and the answer. */
function Question({ app }: { app: AppEntry }) {
  const t = useFormats(whyTexts);
  const { query } = useRoute();
  const [event, setEvent] = useState(query.get('event') ?? '');
  const [channel, setChannel] = useState(query.get('channel') ?? '');
  const [by, setBy] = useState<'socket_id' | 'user'>(query.get('user') ? 'user' : 'socket_id');
  const [who, setWho] = useState(query.get('user') ?? query.get('socket_id') ?? '');
  // A link from an activity names it: there may be several events of this name.
  const [activity, setActivity] = useState(query.get('activity'));
  const whom = { socket_id: by === 'socket_id' ? who : null, user: by === 'user' ? who : null };
  const asked = { event, channel, activity, ...whom };
  const answer = useAction(() => get<Why>(path(['apps', app.id, 'why'], asked)));
  // Two of the three make a question.
  const isWhole = [event, channel, who].filter((text) => text.trim() !== '').length >= 2;

  // A link with a whole question gets its answer at once.
  useEffect(() => {
    if (isWhole) void answer.run();
  }, []);

  const another = (set: (value: string) => void) => (value: string) => {
    setActivity(null);
    set(value);
  };
  const ask = () => {
    setQuery(asked);
    void answer.run();
  };
  return (
    <div class="why">
      <Card>
        <form
          onSubmit={(submit) => {
            submit.preventDefault();
            ask();
          }}
        >
          <TextField label={t.event} hint={t.eventHint} value={event} onChange={another(setEvent)} mono />
          <TextField label={t.channel} hint={t.channelHint} value={channel} onChange={another(setChannel)} mono />
          <div class="field-group">
            <p class="label">{t.who}</p>
            <Choice
              label={t.who}
              value={by}
              options={[
                { value: 'socket_id', label: t.socket },
                { value: 'user', label: t.user },
              ]}
              onChange={setBy}
            />
            <TextField
              label={by === 'user' ? t.user : t.socket}
              hint={by === 'user' ? t.userHint : t.socketHint}
              value={who}
              onChange={setWho}
              mono
            />
          </div>
          <Button kind="primary" type="submit" icon="search" disabled={!isWhole || answer.isBusy}>
            {t.ask}
          </Button>
        </form>
      </Card>
      <div aria-live="polite">
        {answer.refusal && <RefusalNote refusal={answer.refusal} />}
        {answer.result && <Answer why={answer.result} app={app.id} />}
        {!answer.refusal && !answer.result && !answer.isBusy && <Start app={app.id} />}
      </div>
    </div>
  );
}

function Start({ app }: { app: string }) {
  const t = useFormats(whyTexts);
  return (
    <Card>
      <Empty
        icon="why"
        title={t.examples}
        action={
          <>
            <a class="button button-plain" href={href(['live'], { app })}>
              {t.toLive}
            </a>
            <a class="button button-plain" href={href(['connections'], { app })}>
              {t.toConnections}
            </a>
          </>
        }
      >
        <p>{t.examplesText}</p>
      </Empty>
    </Card>
  );
}
