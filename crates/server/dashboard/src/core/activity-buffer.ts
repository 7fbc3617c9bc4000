import type { Activity } from './types';

export interface Entry {
  /** Grows by one for each entry, so that a list can recognize its rows. */
  key: number;
  activity: Activity;
}

const MAX_ENTRIES = 5_000;
/** Of data, in UTF-16 units. */
const MAX_DATA = 16 * 1024 * 1024;

/**
 * The newest activities, newest first, bounded by number and by size. Activities that arrive between two frames are
 * added together, so that thousands a second cost one rendering a frame.
 */
export class ActivityBuffer {
  #entries: Entry[] = [];
  #waiting: Entry[] = [];
  #nextKey = 0;
  #frame = 0;
  #onChange: () => void;
  /** Activities that the server left out. */
  missed = 0;
  /** Activities received. */
  received = 0;
  isPaused = false;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get entries(): Entry[] {
    return this.#entries;
  }

  /** The number of activities that arrived during the pause. */
  get waiting(): number {
    return this.isPaused ? this.#waiting.length : 0;
  }

  add(activity: Activity): void {
    if (activity.kind === 'missed') this.missed += activity.count ?? 0;
    else {
      this.received += 1;
      this.#waiting.push({ key: this.#nextKey++, activity });
      if (this.#waiting.length > 2 * MAX_ENTRIES) this.#waiting = this.#waiting.slice(-MAX_ENTRIES);
    }
    this.#schedule();
  }

  setPaused(isPaused: boolean): void {
    this.isPaused = isPaused;
    this.#flush();
  }

  clear(): void {
    this.#entries = [];
    this.#waiting = [];
    this.missed = 0;
    this.received = 0;
    this.#flush();
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
  }

  /** In a hidden page no frame comes; what arrives waits, within the bounds. */
  #schedule(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#flush());
  }

  #flush(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (!this.isPaused && this.#waiting.length > 0) {
      this.#entries = bounded([...this.#waiting.reverse(), ...this.#entries]);
      this.#waiting = [];
    }
    this.#onChange();
  }
}

function bounded(entries: Entry[]): Entry[] {
  let size = 0;
  let kept = 0;
  while (kept < Math.min(entries.length, MAX_ENTRIES) && size <= MAX_DATA) {
    size += entries[kept]?.activity.data?.length ?? 0;
    kept += 1;
  }
  return entries.slice(0, kept);
}
