import { locale, useText, type Texts } from './locale';
import { useStore } from './store';

const formats = new Map<string, Intl.NumberFormat>();

function format(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = locale.value + JSON.stringify(options);
  let found = formats.get(key);
  if (!found) formats.set(key, (found = new Intl.NumberFormat(locale.value, options)));
  return found;
}

export const number = (value: number) => format({ maximumFractionDigits: 0 }).format(value);

/** A number with its noun: `1 channel`, `2 channels`; in French `0 canal`. */
export function counted(count: number, one: string, several: string): string {
  const isOne = new Intl.PluralRules(locale.value).select(count) === 'one';
  return `${number(count)} ${isOne ? one : several}`;
}

/** At most three digits, so that a figure that changes keeps its width. */
export function compact(value: number): string {
  if (Math.abs(value) < 10_000) {
    return format({ maximumFractionDigits: Math.abs(value) < 10 && value % 1 !== 0 ? 1 : 0 }).format(value);
  }
  return format({ notation: 'compact', maximumSignificantDigits: 3 }).format(value);
}

export function bytes(value: number): string {
  if (value < 1024) return `${number(value)}\u00a0${locale.value === 'fr' ? 'o' : 'B'}`;
  const power = Math.min(Math.floor(Math.log2(value) / 10), 3);
  const scaled = format({ maximumFractionDigits: 1 }).format(value / 1024 ** power);
  return `${scaled}\u00a0${['', 'K', 'M', 'G'][power]}i${locale.value === 'fr' ? 'o' : 'B'}`;
}

export function milliseconds(value: number): string {
  if (value >= 1000) return `${format({ maximumFractionDigits: 1 }).format(value / 1000)}\u00a0s`;
  return `${format({ maximumSignificantDigits: 3 }).format(value)}\u00a0ms`;
}

const times = new Map<string, Intl.DateTimeFormat>();

function time(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale.value + JSON.stringify(options);
  let found = times.get(key);
  if (!found) times.set(key, (found = new Intl.DateTimeFormat(locale.value, options)));
  return found;
}

const CLOCK = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;

/** The time of day in the viewer's zone, with milliseconds. */
export const clock = (value: string) => time({ ...CLOCK, fractionalSecondDigits: 3 }).format(new Date(value));

export const clockMinutes = (value: Date) => time({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(value);

export const day = (value: Date) => time({ day: 'numeric', month: 'short' }).format(value);

/** Date and time in the viewer's zone. */
export const moment = (value: string) =>
  time({ year: 'numeric', month: 'short', day: 'numeric', ...CLOCK }).format(new Date(value));

/** The same with the zone, for titles. */
export const fullMoment = (value: string) =>
  time({ dateStyle: 'full', timeStyle: 'long' }).format(new Date(value));

/** Such as "3 minutes ago". */
export function ago(value: string): string {
  const relative = new Intl.RelativeTimeFormat(locale.value, { numeric: 'auto' });
  const seconds = (new Date(value).getTime() - Date.now()) / 1000;
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ];
  for (const [unit, length] of steps) {
    if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit);
  }
  return relative.format(Math.trunc(Math.min(seconds, 0)), 'second');
}

/** The length of a UTF-8 text. */
export const byteLength = (text: string) => new TextEncoder().encode(text).length;

/** The texts, in a component that also formats numbers or times: both follow the language. */
export function useFormats<T>(all: Texts<T>): T {
  useStore(locale);
  return useText(all);
}
