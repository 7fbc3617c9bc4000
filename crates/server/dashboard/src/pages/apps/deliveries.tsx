import { useState } from 'preact/hooks';

import { useAction } from '../../core/action';
import { path, post } from '../../core/api';
import { milliseconds, useFormats } from '../../core/format';
import { useText } from '../../core/locale';
import { useResource } from '../../core/resource';
import { useCanChange } from '../../core/session';
import type { Attempt } from '../../core/types';
import { Button } from '../../ui/button';
import { common } from '../../ui/common-texts';
import { Switch } from '../../ui/form';
import { Card, Empty, Loading, Note, RefusalNote } from '../../ui/page';
import { Reason } from '../../ui/reason';
import { Badge, Data, Time } from '../../ui/values';
import { webhookTexts } from './webhook-texts';

const EVERY_MS = 3_000;
const PAGE = 25;

const TONES = { delivered: 'good', retried: 'warn', given_up: 'bad' } as const;

/** The log of deliveries, newest first. */
export function Deliveries({ app }: { app: string }) {
  const t = useFormats(webhookTexts);
  const c = useText(common);
  const canChange = useCanChange();
  const [failed, setFailed] = useState(false);
  const [limit, setLimit] = useState(PAGE);
  const log = useResource<{ attempts: Attempt[] }>(path(['apps', app, 'webhooks', 'deliveries'], { failed, limit }), EVERY_MS);
  const replay = useAction(() => post<Replayed>(path(['apps', app, 'webhooks', 'deliveries', 'replay']), { failed: true }));
  const attempts = log.data?.attempts ?? [];
  return (
    <Card
      title={t.deliveries}
      actions={
        <Button
          icon="replay"
          disabled={!canChange || replay.isBusy}
          title={canChange ? undefined : c.readOnly}
          onClick={() => void replay.run().then(log.reload)}
        >
          {t.replayFailed}
        </Button>
      }
    >
      <Switch label={t.onlyFailed} checked={failed} onChange={setFailed} />
      {log.refusal && <RefusalNote refusal={log.refusal} />}
      {replay.refusal && <RefusalNote refusal={replay.refusal} />}
      {replay.result && <ReplayNote result={replay.result} />}
      {log.loading && <Loading />}
      {log.data && attempts.length === 0 && (
        <Empty icon="send" title={t.noDeliveries}>
          <p>{t.noDeliveriesText}</p>
        </Empty>
      )}
      <ul class="attempts">
        {attempts.map((attempt) => (
          <AttemptRow key={attempt.id} app={app} attempt={attempt} onReplayed={log.reload} />
        ))}
      </ul>
      {attempts.length === limit && limit < 100 && (
        <p class="more-rows">
          <Button onClick={() => setLimit(100)}>{t.older}</Button>
        </p>
      )}
    </Card>
  );
}

/** The answer to a replay: the new deliveries. */
interface Replayed {
  replayed?: unknown[];
}

function ReplayNote({ result }: { result: Replayed }) {
  const t = useText(webhookTexts);
  const count = result.replayed?.length ?? 0;
  return <Note tone={count > 0 ? 'good' : 'info'}>{count > 0 ? t.replayed(count) : t.replayNone}</Note>;
}

/** Such as `member_added presence-room.7`. */
const nameOf = ({ name, channel }: Record<string, unknown>) => [name, channel].filter(Boolean).join(' ');

function AttemptRow({ app, attempt, onReplayed }: { app: string; attempt: Attempt; onReplayed: () => void }) {
  const t = useFormats(webhookTexts);
  const canChange = useCanChange();
  const body = { deliveries: [attempt.delivery] };
  const replay = useAction(() => post<Replayed>(path(['apps', app, 'webhooks', 'deliveries', 'replay']), body));
  return (
    <li>
      <details>
        <summary>
          <Time value={attempt.at} as="clock" />
          <Badge tone={TONES[attempt.outcome]}>{t.outcomes[attempt.outcome]}</Badge>
          <span class="num">{attempt.status ?? '–'}</span>
          <span class="num attempt-took">{milliseconds(attempt.latency_milliseconds)}</span>
          <span class="attempt-what">{attempt.events.map(nameOf).join(', ')}</span>
        </summary>
        <div class="attempt-more">
          {attempt.problem && (
            <p>
              <Reason class="hint-bad" text={attempt.problem} />
            </p>
          )}
          {attempt.next_at && (
            <p>
              {t.again} <Time value={attempt.next_at} as="clock" />
            </p>
          )}
          <p class="mono">
            {attempt.delivery}
            {attempt.replay_of && ` (${t.replayOf} ${attempt.replay_of})`}
          </p>
          <Data text={JSON.stringify(attempt.events)} label={t.eventsOf} />
          <div class="actions">
            <Button
              small
              icon="replay"
              disabled={!canChange || replay.isBusy}
              onClick={() => void replay.run().then(onReplayed)}
            >
              {t.replay}
            </Button>
          </div>
          {replay.refusal && <RefusalNote refusal={replay.refusal} />}
          {replay.result && <ReplayNote result={replay.result} />}
        </div>
      </details>
    </li>
  );
}
