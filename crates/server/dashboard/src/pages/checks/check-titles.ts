import { texts } from '../../core/locale';

/** Titles by the ids of checks, in the languages that the server does not write. */
export const checkTitles = texts<Record<string, string>>({
  en: {},
  fr: {},
});
