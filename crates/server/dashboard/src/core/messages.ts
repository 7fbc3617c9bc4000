/** Sentences of the server in the language of the page, with what they name. */

import { bytes, clock, counted, moment, number } from './format';
import { frenchSpaces, locale, type Locale, type Texts } from './locale';
import reasons from '../messages/reasons.json';

export type Parameters = Record<string, unknown>;

export type Messages = Record<string, Texts<string>>;

const PLACEHOLDER = /\{(\w+)(?::(\w+)|\|([^|}]*)\|([^}]*))?\}/g;

const quoted = (text: string) => (locale.value === 'fr' ? `«\u00a0${text}\u00a0»` : `“${text}”`);

/** As a sentence of its own. */
function sentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}

function shown(value: unknown, form: string | undefined): string {
  const text = value === undefined || value === null ? '' : String(value);
  switch (form) {
    case 'name':
      return quoted(text);
    case 'clock':
      return Number.isNaN(Date.parse(text)) ? text : clock(text);
    case 'moment':
      return Number.isNaN(Date.parse(text)) ? text : moment(text);
    case 'bytes':
      return bytes(Number(value));
    case 'number':
      return number(Number(value));
    case 'reason':
      return reasonText(text);
    case 'sentence':
      return text === '' ? '' : sentence(reasonText(text));
    default:
      return text;
  }
}

/**
 * Fills a text in. `{name}` stands for a parameter; `{name:form}` shows it as a `name` in quotes, a time of day (`clock`), a
 * `moment`, a `number`, a size in `bytes`, the `reason` of a refusal or such a `sentence`; `{name|one|several}` is a number with its noun.
 */
export function filled(text: string, parameters: Parameters): string {
  return text.replace(PLACEHOLDER, (_, name: string, form?: string, one?: string, several?: string) => {
    const value = parameters[name];
    if (one === undefined) return shown(value, form);
    return counted(Number(value), one, several ?? one);
  });
}

/** A message in the language of the page; `null` if there is none with this key. */
export function message(messages: Messages, key: string, parameters: Parameters): string | null {
  const found = messages[key];
  if (!found) return null;
  return filled(locale.value === 'fr' ? frenchSpaces(found.fr) : found.en, parameters);
}

type Template = { parts: string[]; names: string[]; translation: string[] };

/**
 * `{name}` stands for a name or a number, `{*name}` for another reason, and `{!name}` for words from outside, such as those
 * of an operating system.
 */
const PLACEHOLDER_OF_REASON = /\{([*!]?\w+)\}/;

/** English templates of reasons, split at their placeholders. */
const templates: Template[] = reasons.map(([english = '', translation = '']) => {
  const pieces = english.split(PLACEHOLDER_OF_REASON);
  return {
    parts: pieces.filter((_, index) => index % 2 === 0),
    names: pieces.filter((_, index) => index % 2 === 1),
    translation: frenchSpaces(translation).split(PLACEHOLDER_OF_REASON),
  };
});

/** The values of the placeholders, if the text has the form of the template. Each part is looked for once. */
function matched({ parts, names }: Template, text: string): Map<string, string> | null {
  const [first = ''] = parts;
  if (!text.startsWith(first)) return null;
  const values = new Map<string, string>();
  let at = first.length;
  for (const [index, name] of names.entries()) {
    const part = parts[index + 1] ?? '';
    const isLast = index === names.length - 1;
    const end = isLast ? text.length - part.length : text.indexOf(part, at);
    if (end < at || !text.startsWith(part, end)) return null;
    values.set(name, text.slice(at, end));
    at = end + part.length;
  }
  return at === text.length ? values : null;
}

/** A part of a reason. `null` stands for names and numbers, which have no language. */
export interface Part {
  text: string;
  language: Locale | null;
}

/** A reason that the server has written in English, in the language of the page as far as the page has it. */
export function reasonIn(english: string): Part[] {
  if (locale.value === 'en') return [{ text: english, language: 'en' }];
  for (const template of templates) {
    const values = matched(template, english);
    if (!values) continue;
    return template.translation.flatMap((piece, index) => {
      // Every second piece is a placeholder.
      if (index % 2 === 0) return { text: piece, language: locale.value };
      const value = values.get(piece) ?? '';
      if (piece.startsWith('*')) return reasonIn(value);
      return { text: value, language: piece.startsWith('!') ? 'en' : null };
    });
  }
  return [{ text: english, language: 'en' }];
}

export const reasonText = (english: string) => reasonIn(english).map(({ text }) => text).join('');
