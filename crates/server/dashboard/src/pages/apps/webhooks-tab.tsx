import { useState } from 'preact/hooks';

import { useAction } from '../../core/action';
import { path, post } from '../../core/api';
import { milliseconds, useFormats } from '../../core/format';
import { useText } from '../../core/locale';
import { useResource } from '../../core/resource';
import { useCanChange } from '../../core/session';
import type { SampleResult, Webhook } from '../../core/types';
import { Button } from '../../ui/button';
import { common } from '../../ui/common-texts';
import { Card, Empty, Loading, Note, RefusalNote } from '../../ui/page';
import { Reason } from '../../ui/reason';
import { Badge, Data } from '../../ui/values';
import type { TabProps } from './app-page';
import { Deliveries } from './deliveries';
import { RemoveWebhookDialog, WebhookDialog } from './webhook-dialogs';
import { webhookTexts } from './webhook-texts';

export function WebhooksTab({ app }: TabProps) {
  const t = useText(webhookTexts);
  const c = useText(common);
  const canChange = useCanChange();
  const { data, refusal, loading, reload } = useResource<{ webhooks: Webhook[] }>(path(['apps', app.id, 'webhooks']), 10_000);
  const [dialog, setDialog] = useState<{ kind: 'edit' | 'remove'; webhook: Webhook | null } | null>(null);
  const close = () => {
    setDialog(null);
    reload();
  };
  return (
    <>
      <Card
        title={t.title}
        actions={
          <Button
            kind="primary"
            icon="plus"
            disabled={!canChange}
            title={canChange ? undefined : c.readOnly}
            onClick={() => setDialog({ kind: 'edit', webhook: null })}
          >
            {t.add}
          </Button>
        }
      >
        <p class="about">{t.about}</p>
        {refusal && <RefusalNote refusal={refusal} retry={reload} />}
        {loading && <Loading />}
        {data?.webhooks.length === 0 && (
          <Empty icon="send" title={t.none}>
            <p>{t.noneText}</p>
          </Empty>
        )}
        <ul class="endpoints">
          {data?.webhooks.map((webhook) => (
            <Endpoint
              key={webhook.id}
              app={app.id}
              webhook={webhook}
              onEdit={() => setDialog({ kind: 'edit', webhook })}
              onRemove={() => setDialog({ kind: 'remove', webhook })}
            />
          ))}
        </ul>
      </Card>
      {!loading && <Deliveries app={app.id} />}
      {dialog?.kind === 'edit' && <WebhookDialog app={app.id} webhook={dialog.webhook} onClose={close} />}
      {dialog?.kind === 'remove' && dialog.webhook && (
        <RemoveWebhookDialog app={app.id} webhook={dialog.webhook} onClose={close} />
      )}
    </>
  );
}

interface EndpointProps {
  app: string;
  webhook: Webhook;
  onEdit: () => void;
  onRemove: () => void;
}

function Endpoint({ app, webhook, onEdit, onRemove }: EndpointProps) {
  const t = useFormats(webhookTexts);
  const c = useText(common);
  const canChange = useCanChange();
  const test = useAction(() => post<SampleResult>(path(['apps', app, 'webhooks', webhook.id, 'test'])));
  const { result } = test;
  return (
    <li>
      <p class="endpoint-url mono">{webhook.url}</p>
      <p class="endpoint-facts">
        {!webhook.enabled && <Badge tone="bad">{t.disabled}</Badge>}
        {webhook.declared && (
          <span title={t.declaredTitle}>
            <Badge tone="quiet">{t.declared}</Badge>
          </span>
        )}
        <span>{webhook.events.join(', ') || t.allEvents}</span>
        <span class="mono">{webhook.channels.join(', ') || t.allChannels}</span>
        {Object.entries(webhook.headers).map(([name, value]) => (
          <span key={name} class="mono">
            {name}: {value}
          </span>
        ))}
      </p>
      {webhook.disabled_reason && (
        <p class="hint hint-bad">
          <Reason text={webhook.disabled_reason} />
        </p>
      )}
      <div class="actions">
        <Button small disabled={!canChange || test.isBusy} onClick={() => void test.run()}>
          {t.test}
        </Button>
        <Button small disabled={!canChange} onClick={onEdit}>
          {t.edit}
        </Button>
        <Button small kind="danger" disabled={!canChange} onClick={onRemove}>
          {c.remove}
        </Button>
      </div>
      {test.refusal && <RefusalNote refusal={test.refusal} />}
      {result && (
        <Note tone={result.delivered ? 'good' : 'bad'}>
          <p>
            {result.status !== null && <strong>{result.status}</strong>}{' '}
            {result.delivered ? t.testDelivered(milliseconds(result.latency_milliseconds)) : t.testFailed}
          </p>
          {result.answer && <Data text={result.answer} label={t.answer} />}
        </Note>
      )}
    </li>
  );
}
