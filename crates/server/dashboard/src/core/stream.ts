import { open, Refusal } from './api';
import type { Activity } from './types';

export interface Listener {
  onOpen: () => void;
  onActivity: (activity: Activity) => void;
  /** The stream is down. It is opened again by itself, unless the refusal says that this is in vain. */
  onDown: (refusal: Refusal, isFinal: boolean) => void;
}

const RETRY_MS = [500, 1000, 2000, 5000];

/**
 * Follows `/tail`. `fetch` is used in place of `EventSource`, which hides the reason of a refusal. Returns a function
 * that ends it.
 */
export function follow(path: string, listener: Listener): () => void {
  const abort = new AbortController();
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const run = async () => {
    let refusal: Refusal;
    try {
      const answer = await open('GET', path, undefined, abort.signal);
      failures = 0;
      listener.onOpen();
      await read(answer, listener.onActivity, abort.signal);
      refusal = new Refusal(0, '');
    } catch (error) {
      // A body that breaks off throws an error with the browser's words, such as `network error`, which say no more.
      refusal = error instanceof Refusal ? error : new Refusal(0, '');
    }
    if (abort.signal.aborted) return;
    const isFinal = [400, 401, 403, 404, 422].includes(refusal.status);
    listener.onDown(refusal, isFinal);
    if (!isFinal) timer = setTimeout(run, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
  };
  void run();
  return () => {
    abort.abort();
    clearTimeout(timer);
  };
}

/** Calls back with each event of a body of server-sent events whose data is one line. */
async function read(answer: Response, onActivity: (activity: Activity) => void, signal: AbortSignal): Promise<void> {
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done || signal.aborted) return;
    // Only what is new is searched: a line can have megabytes, and arrives in small parts.
    const [end = '', ...lines] = value.split('\n');
    lines.unshift(rest + end);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('data:')) onActivity(JSON.parse(line.slice(5)) as Activity);
    }
  }
}
