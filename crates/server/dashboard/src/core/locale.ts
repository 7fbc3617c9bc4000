import { save, saved } from './saved';
import { Store, useStore } from './store';

export type Locale = 'en' | 'fr';

/** The same texts in each language. The type of the English ones holds for all, so a missing one does not compile. */
export interface Texts<T> {
  en: T;
  fr: NoInfer<T>;
}

export const texts = <T>(all: Texts<T>): Texts<T> => ({ en: all.en, fr: inFrenchType(all.fr) });

/** With the spaces that French typography puts before and inside of punctuation, at which no line may break. */
export const frenchSpaces = (text: string) => text.replace(/ (?=[:;?!»])/g, '\u00a0').replaceAll('« ', '«\u00a0');

/** The same for all texts of an object, and for those that its functions make. */
function inFrenchType<T>(value: T): T {
  if (typeof value === 'string') return frenchSpaces(value) as T;
  if (typeof value === 'function') return ((...values: unknown[]) => inFrenchType(value(...values))) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, inFrenchType(text)])) as T;
}

/** The languages of the browser are those of `Accept-Language`, in its order. */
function initial(): Locale {
  const wanted = [saved('locale'), ...navigator.languages].map((language) => language?.slice(0, 2));
  return wanted.find((language): language is Locale => language === 'en' || language === 'fr') ?? 'en';
}

export const locale = new Store<Locale>(initial());

locale.subscribe(applyLocale);

export function applyLocale(): void {
  document.documentElement.lang = locale.value;
}

export function chooseLocale(choice: Locale): void {
  save('locale', choice);
  locale.set(choice);
}

/** The texts in the language of the page. */
export function useText<T>(all: Texts<T>): T {
  return all[useStore(locale)];
}
