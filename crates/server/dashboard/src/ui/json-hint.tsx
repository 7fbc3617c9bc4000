import { byteLength, bytes, useFormats } from '../core/format';
import { texts } from '../core/locale';

const jsonTexts = texts({
  en: {
    json: (size: string) => `Valid JSON, ${size}.`,
    notJson: 'Not JSON, so it is sent as plain text.',
    empty: 'Empty text.',
  },
  fr: {
    json: (size: string) => `JSON valide, ${size}.`,
    notJson: 'Ce n’est pas du JSON : envoyé comme texte simple.',
    empty: 'Texte vide.',
  },
});

/** Why a text is not JSON, in the browser's words; `null` if it is JSON. */
export function jsonProblem(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Says whether the data of an event is JSON. */
export function JsonHint({ text }: { text: string }) {
  const t = useFormats(jsonTexts);
  const problem = jsonProblem(text);
  return (
    <span class={problem === null ? 'hint-good' : 'hint-warn'} data-json={problem === null}>
      {text === '' ? (
        t.empty
      ) : problem === null ? (
        t.json(bytes(byteLength(text)))
      ) : (
        <>
          {t.notJson} <span lang="en">{problem}</span>
        </>
      )}
    </span>
  );
}
