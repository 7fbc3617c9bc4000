import { useMemo } from 'preact/hooks';

import { useResource } from './resource';
import { setQuery, useRoute } from './route';
import { save, saved } from './saved';
import type { AppView } from './types';

export interface Apps {
  apps: AppView[] | null;
  /** The chosen app: that of the URL, else the last one chosen in this browser, else the first. */
  app: AppView | null;
  /** True if the URL names an app that does not exist. */
  isUnknown: boolean;
  choose: (id: string) => void;
  reload: () => void;
  refusal: Error | null;
}

const EVERY_MS = 15_000;

export function useApps(): Apps {
  const { query } = useRoute();
  const { data, refusal, reload } = useResource<{ apps: AppView[] }>('apps', EVERY_MS);
  const wanted = query.get('app');
  return useMemo(() => {
    const apps = data?.apps ?? null;
    const byId = (id: string | null) => apps?.find((app) => app.id === id);
    const app = wanted === null ? (byId(saved('app')) ?? apps?.[0] ?? null) : (byId(wanted) ?? null);
    const choose = (id: string) => {
      save('app', id);
      setQuery({ app: id });
    };
    return { apps, app, isUnknown: apps !== null && wanted !== null && app === null, choose, reload, refusal };
  }, [data, wanted, refusal, reload]);
}
