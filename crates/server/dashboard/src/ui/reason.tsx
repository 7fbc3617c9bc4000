import { locale } from '../core/locale';
import { reasonIn } from '../core/messages';
import { useStore } from '../core/store';

/** A reason that the server has written. */
export function Reason({ text, class: name }: { text: string; class?: string }) {
  useStore(locale);
  const reason = reasonIn(text);
  return (
    <span class={name} lang={reason.language}>
      {reason.text}
    </span>
  );
}
