import { useEffect, useMemo, useState } from 'preact/hooks';

import { ActivityBuffer, type Entry } from '../../core/activity-buffer';
import { path, type Refusal } from '../../core/api';
import { follow } from '../../core/stream';

export interface FeedFilter {
  app?: string | null;
  /** Kinds, separated by commas. */
  kind?: string | null;
  channel?: string | null;
  event?: string | null;
  socket_id?: string | null;
  user?: string | null;
  text?: string | null;
}

export type FeedState = 'connecting' | 'open' | 'down';

export interface Feed {
  entries: Entry[];
  state: FeedState;
  refusal: Refusal | null;
  missed: number;
  waiting: number;
  received: number;
  isPaused: boolean;
  setPaused: (isPaused: boolean) => void;
  clear: () => void;
}

/** Beyond this the server samples. */
export const MAX_PER_SECOND = 200;
/** The most data of an event that is captured, in bytes: as much as an app can allow for an event. */
const DATA_BYTES = 10 * 1024 * 1024;

/** The activities that pass a filter, from the server's recorder and then as they happen. */
export function useFeed(filter: FeedFilter): Feed {
  const [, setFrame] = useState(0);
  const buffer = useMemo(() => new ActivityBuffer(() => setFrame((frame) => frame + 1)), []);
  const [state, setState] = useState<FeedState>('connecting');
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const query = { events: true, recent: true, data_bytes: DATA_BYTES, max_per_second: MAX_PER_SECOND, ...filter };
  const source = path(['tail'], query);

  useEffect(() => {
    buffer.clear();
    setState('connecting');
    return follow(source, {
      onOpen: () => {
        // After a lost stream the recorder repeats what was seen before.
        buffer.restart();
        setState('open');
        setRefusal(null);
      },
      onActivity: (activity) => buffer.add(activity),
      onDown: (refusal) => {
        setState('down');
        setRefusal(refusal);
      },
    });
  }, [source]);

  useEffect(() => () => buffer.stop(), []);

  return {
    entries: buffer.entries,
    state,
    refusal,
    missed: buffer.missed,
    waiting: buffer.waiting,
    received: buffer.received,
    isPaused: buffer.isPaused,
    setPaused: (isPaused) => buffer.setPaused(isPaused),
    clear: () => buffer.clear(),
  };
}
