import { useState } from 'preact/hooks';

import { useApps } from '../../core/apps';
import { milliseconds, useFormats } from '../../core/format';
import { useText } from '../../core/locale';
import { reasonText } from '../../core/messages';
import { placeOf, SERVER_URL } from '../../core/server-url';
import { useCanChange } from '../../core/session';
import { AppPicker } from '../../ui/app-picker';
import { Button } from '../../ui/button';
import { common } from '../../ui/common-texts';
import { TextField } from '../../ui/form';
import { Icon } from '../../ui/icon';
import { Card, Note } from '../../ui/page';
import type { Failure, Step } from './probe';
import { runProbe } from './run-probe';
import { checkTexts } from './texts';

const ICONS = { ok: 'check', failed: 'error', skipped: 'info' } as const;
const STATES = { ok: 'ok', failed: 'error', skipped: 'warning' } as const;

export function SocketTest() {
  const t = useFormats(checkTexts);
  const c = useText(common);
  const { list, app, choose } = useApps();
  const canSend = useCanChange();
  const [url, setUrl] = useState(SERVER_URL);
  const [steps, setSteps] = useState<Step[]>([]);
  const [outcome, setOutcome] = useState<boolean | 'running' | null>(null);

  const isUrl = placeOf(url) !== null;

  const explain = (failure: Failure): string => {
    switch (failure.kind) {
      case 'mixed':
        return t.mixed;
      case 'timeout':
        return t.timeout(failure.seconds);
      case 'event':
        return t.eventRefused(failure.reason === '' ? c.unreachable : reasonText(failure.reason));
      case 'refused':
        return t.refused(failure.code, reasonText(failure.reason));
      case 'closed':
        return failure.code === 1006 ? t.abnormal : t.closed(failure.code, failure.reason);
    }
  };
  const run = async () => {
    if (!app) return;
    setSteps([]);
    setOutcome('running');
    const wanted = { app: app.id, key: app.key, url, canSend };
    const texts = { secure: t.secure, plain: t.plain, skippedViewer: t.skippedViewer, explain };
    setOutcome(await runProbe(wanted, texts, (step) => setSteps((steps) => [...steps, step])));
  };

  return (
    <Card title={t.browser}>
      <p class="about">{t.browserAbout}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <AppPicker label={c.app} list={list} app={app} onChange={choose} />
        <TextField
          label={t.url}
          hint={t.urlHint}
          value={url}
          onChange={setUrl}
          problem={isUrl ? null : c.wrongUrl}
          type="url"
          mono
        />
        <Button kind="primary" type="submit" icon="play" disabled={!app || !isUrl || outcome === 'running'}>
          {outcome === 'running' ? t.running : t.start}
        </Button>
      </form>
      <div aria-live="polite">
        {outcome === true && <Note tone="good">{t.works}</Note>}
        {outcome === false && <Note tone="bad">{t.failed}</Note>}
        <ol class="checks">
          {steps.map((step) => (
            <li key={step.name} class={`check check-${STATES[step.state]}`} data-step={step.name} data-state={step.state}>
              <span class="check-icon">
                <Icon name={ICONS[step.state]} size={18} />
              </span>
              <div>
                <h3>{t.steps[step.name]}</h3>
                <p class="mono">{step.detail}</p>
              </div>
              {step.state === 'ok' && step.name !== 'page' && <span class="num">{milliseconds(step.took)}</span>}
            </li>
          ))}
        </ol>
      </div>
      {outcome === null && <p class="hint">{t.origin}</p>}
    </Card>
  );
}
