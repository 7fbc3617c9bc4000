import { useMemo } from 'preact/hooks';

import { path, type Refusal } from './api';
import { useResource } from './resource';
import { setQuery, useRoute } from './route';
import { save, saved } from './saved';
import type { AppEntry, AppList } from './types';

export interface Apps {
  /** The first apps by id, which are all of them on most servers. */
  list: AppList | null;
  /** The chosen app: that of the URL, else the last one chosen in this browser, else the first. */
  app: AppEntry | null;
  /** True if the URL names an app that does not exist. */
  isUnknown: boolean;
  choose: (id: string) => void;
  refusal: Refusal | null;
}

const EVERY_MS = 15_000;

export const nameOf = ({ id, name }: { id: string; name: string }) => name || id;

export function useApps(): Apps {
  const { query } = useRoute();
  const { data: list, refusal } = useResource<AppList>('apps', EVERY_MS);
  const named = query.get('app');
  const wanted = named ?? saved('app');
  const listed = list?.apps.find(({ id }) => id === wanted);
  // The app may be beyond the first ones.
  const isElsewhere = wanted !== null && wanted !== '' && list !== null && !listed && list.next !== null;
  const other = useResource<AppEntry>(isElsewhere ? path(['apps', wanted]) : null, EVERY_MS);
  return useMemo(() => {
    const choose = (id: string) => {
      save('app', id);
      setQuery({ app: id });
    };
    const isGone = other.refusal?.status === 404;
    const isOpen = list === null || (isElsewhere && other.data === null && !isGone);
    const found = listed ?? (isElsewhere ? other.data : null);
    const app = found ?? (named === null && !isOpen ? (list?.apps[0] ?? null) : null);
    const isUnknown = !isOpen && app === null && named !== null;
    const failure = refusal ?? (isGone ? null : other.refusal);
    return { list: isOpen ? null : list, app, isUnknown, choose, refusal: failure };
  }, [list, listed, other.data, other.refusal, isElsewhere, named, refusal]);
}
