import { href } from '../core/route';
import { Empty } from './page';

interface EmptyListTexts {
  noMatch: string;
  noMatchText: string;
  none: string;
  noneText: string;
  connect: string;
}

interface EmptyListProps {
  icon: 'channels' | 'connections';
  app: string;
  isFiltered: boolean;
  texts: EmptyListTexts;
}

/** In place of a list without entries: the filters match none, or the app needs its first page. */
export function EmptyList({ icon, app, isFiltered, texts }: EmptyListProps) {
  return isFiltered ? (
    <Empty icon="search" title={texts.noMatch}>
      <p>{texts.noMatchText}</p>
    </Empty>
  ) : (
    <Empty
      icon={icon}
      title={texts.none}
      action={
        <a class="button button-primary" href={href(['apps', app], { tab: 'connect' })}>
          {texts.connect}
        </a>
      }
    >
      <p>{texts.noneText}</p>
    </Empty>
  );
}
