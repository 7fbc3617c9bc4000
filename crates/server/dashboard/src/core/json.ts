/** A text as indented JSON, or `null` if it is none. */
export function pretty(text: string): string | null {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return null;
  }
}

export type TokenKind = 'key' | 'string' | 'number' | 'word' | 'plain';

export interface Token {
  kind: TokenKind;
  text: string;
}

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b/g;

/** The parts of indented JSON, for colours. Joined they are the text. */
export function tokens(json: string): Token[] {
  const found: Token[] = [];
  let end = 0;
  const push = (kind: TokenKind, text: string) => text && found.push({ kind, text });
  for (const match of json.matchAll(TOKEN)) {
    push('plain', json.slice(end, match.index));
    const [all, string, colon, digits] = match;
    if (string !== undefined) {
      push(colon === undefined ? 'string' : 'key', string);
      push('plain', colon ?? '');
    } else push(digits === undefined ? 'word' : 'number', all);
    end = match.index + all.length;
  }
  push('plain', json.slice(end));
  return found;
}
