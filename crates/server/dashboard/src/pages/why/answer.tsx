import { bytes, clock, useFormats } from '../../core/format';
import { useText } from '../../core/locale';
import type { Why } from '../../core/types';
import { Card, ScopeTag } from '../../ui/page';
import { Icon } from '../../ui/icon';
import { Story } from '../live/story';
import { verdictTexts, verdictTone, whyTexts } from './texts';
import { wordsOf } from './words';

const ICONS = { good: 'check', bad: 'error', info: 'info' } as const;

/** The verdict in words, what to do, and what shows it. */
export function Answer({ why, app }: { why: Why; app: string }) {
  const t = useFormats(whyTexts);
  const verdict = useText(verdictTexts)[why.verdict];
  const tone = verdictTone(why.verdict);
  const words = wordsOf(why);
  const { recorder } = why;
  return (
    <Card actions={<ScopeTag scope={why.scope} />}>
      <div class={`verdict verdict-${tone}`}>
        <span class="verdict-icon">
          <Icon name={ICONS[tone]} size={24} />
        </span>
        <div>
          <h2 data-verdict={why.verdict}>{verdict?.title ?? why.verdict}</h2>
          {words === null ? (
            <p class="verdict-answer" lang="en">
              {why.answer}
            </p>
          ) : (
            <p class="verdict-answer">{words}</p>
          )}
        </div>
      </div>
      {verdict && (
        <div class="advice">
          <h3>{t.next}</h3>
          <p>{verdict.advice}</p>
        </div>
      )}
      <h3>{t.evidence}</h3>
      {why.evidence.length === 0 ? <p class="quiet">{t.noEvidence}</p> : <Story activities={why.evidence} app={app} />}
      <p class="hint">
        {recorder.since
          ? t.recorder(clock(recorder.since), bytes(recorder.bytes), bytes(recorder.limit_bytes))
          : t.recorderEmpty}
      </p>
    </Card>
  );
}
