import { useMemo } from 'preact/hooks';

import { clock, useFormats } from '../../core/format';
import { message, type Messages } from '../../core/messages';
import { useResource } from '../../core/resource';
import { useServer } from '../../core/session';
import type { Check } from '../../core/types';
import { Button } from '../../ui/button';
import { Icon } from '../../ui/icon';
import { Card, Loading, Page, RefusalNote, ScopeTag } from '../../ui/page';
import { Badge } from '../../ui/values';
import { SocketTest } from './socket-test';
import { checkTexts } from './texts';
import all from '../../messages/checks.json';

const messages: Messages = all;

const ICONS = { ok: 'check', warning: 'warning', error: 'error' } as const;
const TONES = { ok: 'good', warning: 'warn', error: 'bad' } as const;
const ORDER = { error: 0, warning: 1, ok: 2 };

export function ChecksPage() {
  const t = useFormats(checkTexts);
  const server = useServer();
  const { data, refusal, loading, reload } = useResource<{ checks: Check[] }>('checks', 30_000);
  const checkedAt = useMemo(() => clock(new Date().toISOString()).slice(0, 8), [data]);
  const checks = [...(data?.checks ?? [])].sort((a, b) => ORDER[a.state] - ORDER[b.state]);
  const count = (state: Check['state']) => checks.filter((check) => check.state === state).length;
  return (
    <Page title={t.title} about={t.about}>
      <div class="columns columns-checks">
        <Card
          title={t.server}
          actions={
            <>
              {server && <ScopeTag scope={{ node: server.node }} />}
              <Button icon="refresh" onClick={reload}>
                {t.again}
              </Button>
            </>
          }
        >
          {refusal && <RefusalNote refusal={refusal} retry={reload} />}
          {loading && <Loading />}
          {data && (
            <>
              <p class="about">
                {t.summary(count('error'), count('warning'))} {t.checked} {checkedAt}
              </p>
              <ul class="checks">
                {checks.map((check) => (
                  <CheckRow key={check.id} check={check} />
                ))}
              </ul>
            </>
          )}
        </Card>
        {!loading && <SocketTest />}
      </div>
    </Page>
  );
}

/** What the server has found, in the language of the page. A finding that is not known here is in English. */
function CheckRow({ check }: { check: Check }) {
  const t = useFormats(checkTexts);
  const key = `${check.id}.${String(check.parameters['case'])}`;
  const title = message(messages, check.id, {});
  const detail = message(messages, key, check.parameters);
  const advice = message(messages, `${key}.advice`, check.parameters);
  return (
    <li class={`check check-${check.state}`} data-check={check.id}>
      <span class="check-icon">
        <Icon name={ICONS[check.state]} size={18} />
      </span>
      <div>
        <h3 lang={title === null ? 'en' : undefined}>{title ?? check.title}</h3>
        <p lang={detail === null ? 'en' : undefined}>{detail ?? check.detail}</p>
        {check.advice && (
          <p class="check-advice" lang={advice === null ? 'en' : undefined}>
            {advice ?? check.advice}
          </p>
        )}
      </div>
      <Badge tone={TONES[check.state]}>{t.states[check.state]}</Badge>
    </li>
  );
}
