import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

import { get, Refusal } from './api';

export interface Resource<T> {
  /** The last answer. It stays until the next one is there, so that nothing on the page moves. */
  data: T | null;
  /** The time of the last answer. */
  at: string | null;
  refusal: Refusal | null;
  loading: boolean;
  reload: () => void;
}

type State<T> = { path: string | null } & Pick<Resource<T>, 'data' | 'at' | 'refusal'>;

const nothing = { data: null, at: null, refusal: null };

/**
 * The answer to a GET of `path`, asked again every `everyMs` while the page is visible. `null` asks nothing. After a
 * change of the path, such as another search, the old answer stays until the new one is there.
 */
export function useResource<T>(path: string | null, everyMs = 0): Resource<T> {
  const [state, setState] = useState<State<T>>({ path, ...nothing });
  const [round, setRound] = useState(0);
  const reload = useCallback(() => setRound((round) => round + 1), []);
  const busy = useRef(false);

  useEffect(() => {
    if (path === null) return setState({ path, ...nothing });
    const abort = new AbortController();
    const load = async () => {
      if (busy.current) return;
      busy.current = true;
      try {
        const data = await get<T>(path, abort.signal);
        if (!abort.signal.aborted) setState({ path, data, at: new Date().toISOString(), refusal: null });
      } catch (error) {
        if (abort.signal.aborted) return;
        const refusal = error instanceof Refusal ? error : new Refusal(0, String(error));
        setState((before) => ({ ...(before.path === path ? before : { path, ...nothing }), refusal }));
      } finally {
        busy.current = false;
      }
    };
    busy.current = false;
    void load();
    const timer = everyMs > 0 ? setInterval(() => document.hidden || void load(), everyMs) : undefined;
    const onVisible = () => everyMs > 0 && !document.hidden && void load();
    document.addEventListener('visibilitychange', onVisible);
    return () => {
      abort.abort();
      clearInterval(timer);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [path, everyMs, round]);

  const { data, at, refusal } = state;
  return { data, at, refusal, loading: path !== null && data === null && refusal === null, reload };
}
