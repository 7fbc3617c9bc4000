import { save, saved } from './saved';
import { Store, useStore } from './store';

export type Locale = 'en' | 'fr';

/** The same texts in each language. The type of the English ones holds for all, so a missing one does not compile. */
export interface Texts<T> {
  en: T;
  fr: NoInfer<T>;
}

export const texts = <T>(all: Texts<T>): Texts<T> => all;

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
