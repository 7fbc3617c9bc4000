import { useText } from '../../core/locale';
import { Button } from '../../ui/button';
import { common } from '../../ui/common-texts';
import { AreaField } from '../../ui/form';
import { linesOf } from './fields';
import { webhookTexts } from './webhook-texts';

/** Headers by name; `null` keeps the value that the server does not show. */
export type HeaderValues = Record<string, string | null>;

/** Headers as lines `Name: value`; `null` if a line is something else. */
export function parsedHeaders(text: string): Record<string, string> | null {
  const pairs = linesOf(text).map((line) => /^([^:\s]+)\s*:\s*(.*)$/.exec(line));
  if (pairs.some((pair) => pair === null)) return null;
  return Object.fromEntries(pairs.map((pair) => [pair![1]!, pair![2]!]));
}

/** All headers after a change: those that stay, and those that were typed, which replace one of the same name. */
export function headersAfter(kept: string[], typed: Record<string, string>): HeaderValues {
  const names = Object.keys(typed).map((name) => name.toLowerCase());
  const staying = kept.filter((name) => !names.includes(name.toLowerCase()));
  return { ...Object.fromEntries(staying.map((name) => [name, null])), ...typed };
}

interface Props {
  /** The names of the headers that the endpoint has. */
  present: string[];
  kept: string[];
  onKept: (kept: string[]) => void;
  text: string;
  onText: (text: string) => void;
  problem: string | null;
}

/** The headers of an endpoint: each present one can be removed, and others are typed. */
export function HeadersField({ present, kept, onKept, text, onText, problem }: Props) {
  const t = useText(webhookTexts);
  const c = useText(common);
  return (
    <>
      {present.length > 0 && (
        <div class="field">
          <p class="label">{t.headersPresent}</p>
          <ul class="header-list">
            {present.map((name) => {
              const isKept = kept.includes(name);
              return (
                <li key={name}>
                  {isKept ? <span class="mono">{name}: …</span> : <s class="mono">{name}</s>}
                  <Button
                    small
                    kind="quiet"
                    label={isKept ? t.removeHeader(name) : t.keepHeader(name)}
                    onClick={() => onKept(isKept ? kept.filter((other) => other !== name) : [...kept, name])}
                  >
                    {isKept ? c.remove : t.keep}
                  </Button>
                </li>
              );
            })}
          </ul>
        </div>
      )}
      <AreaField
        label={present.length > 0 ? t.headersMore : t.headers}
        hint={present.length > 0 ? t.hiddenHeaders : t.headersHint}
        value={text}
        onChange={onText}
        problem={problem}
        rows={2}
      />
    </>
  );
}
