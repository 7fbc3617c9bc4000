import { locale } from '../core/locale';
import { reasonIn } from '../core/messages';
import { useStore } from '../core/store';

/** A reason that the server has written. Words that stay in another language than the page are marked as such. */
export function Reason({ text, class: name }: { text: string; class?: string }) {
  const page = useStore(locale);
  const parts = reasonIn(text);
  const isForeign = parts.length === 1 && parts[0]?.language !== page;
  return (
    <span class={name} lang={isForeign ? 'en' : page}>
      {parts.map(({ text, language }) =>
        isForeign || language === null || language === page ? text : <span lang={language}>{text}</span>,
      )}
    </span>
  );
}
