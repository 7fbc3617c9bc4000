import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';

import { copy } from '../core/clipboard';
import { ago, clock, fullMoment, moment, number, useFormats } from '../core/format';
import { pretty, tokens } from '../core/json';
import { locale, useText } from '../core/locale';
import { useStore } from '../core/store';
import { IconButton } from './button';
import { common } from './common-texts';

/** A time in the viewer's zone; its title has the date and the zone. */
export function Time({ value, as = 'moment' }: { value: string; as?: 'moment' | 'clock' | 'ago' }) {
  useStore(locale);
  const shown = { moment, clock, ago }[as](value);
  return (
    <time dateTime={value} title={fullMoment(value)}>
      {shown}
    </time>
  );
}

export function CopyButton({ text }: { text: string }) {
  const t = useText(common);
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 1500);
    return () => clearTimeout(timer);
  }, [done]);
  return (
    <>
      <IconButton
        icon={done ? 'check' : 'copy'}
        label={done ? t.copied : t.copy}
        onClick={() => void copy(text).then(() => setDone(true))}
      />
      <span role="status" class="visually-hidden">
        {done ? t.copied : ''}
      </span>
    </>
  );
}

/** A block of code with a button that copies it. */
export function Code({ text, label }: { text: string; label: string }) {
  return (
    <div class="code">
      <pre tabIndex={0} role="region" aria-label={label}>
        {text}
      </pre>
      <CopyButton text={text} />
    </div>
  );
}

/** The longest text that is shown, in characters. More would take the browser seconds. */
const SHOWN = 65_536;

/** Data of an event: as indented JSON if it is JSON, else as it is. Of long data the start is shown, and all is copied. */
export function Data({ text, label }: { text: string; label: string }) {
  const c = useFormats(common);
  const json = useMemo(() => pretty(text), [text]);
  const all = json ?? text;
  const shown = all.slice(0, SHOWN);
  return (
    <div class="code">
      <pre tabIndex={0} role="region" aria-label={label}>
        {json === null
          ? shown
          : tokens(shown).map(({ kind, text }, index) =>
              kind === 'plain' ? (
                text
              ) : (
                <span key={index} class={`json-${kind}`}>
                  {text}
                </span>
              ),
            )}
      </pre>
      {shown.length < all.length && <p class="code-more">{c.moreData(number(all.length - shown.length))}</p>}
      <CopyButton text={all} />
    </div>
  );
}

export function Badge({ tone = 'plain', children }: { tone?: string; children: ComponentChildren }) {
  return <span class={`badge badge-${tone}`}>{children}</span>;
}

/** Terms with their values. Pairs without a value are left out. */
export function Facts({ pairs }: { pairs: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {pairs
        .filter(([, value]) => value !== undefined && value !== null && value !== '' && value !== false)
        .map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
