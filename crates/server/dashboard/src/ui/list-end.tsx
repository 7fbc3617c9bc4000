import { number, useFormats } from '../core/format';
import { Button } from './button';
import { common } from './common-texts';

interface Props {
  /** Shows the next page; `null` if there is none, or too much is shown already. */
  more: (() => void) | null;
  isCut: boolean;
  /** The number of rows that are shown. */
  shown: number;
}

/** Below a list that is read page by page. */
export function ListEnd({ more, isCut, shown }: Props) {
  const t = useFormats(common);
  if (isCut) return <p class="more-rows hint">{t.cut(number(shown))}</p>;
  if (more === null) return null;
  return (
    <p class="more-rows">
      <Button onClick={more}>{t.more}</Button>
    </p>
  );
}
