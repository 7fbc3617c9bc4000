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
  /** The size of the data of those that wait, in UTF-16 units. */
  #waitingData = 0;
  #nextKey = 0;
  #frame = 0;
  #isRepeated = false;
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
      this.#waitingData += activity.data?.length ?? 0;
      if (this.#waiting.length > 2 * MAX_ENTRIES || this.#waitingData > 2 * MAX_DATA) this.#trim();
    }
    this.#schedule();
  }

  /** Drops the oldest of those that wait. It is done seldom, as it reads them all. */
  #trim(): void {
    this.#waiting = bounded(this.#waiting.reverse()).reverse();
    this.#waitingData = this.#waiting.reduce((sum, { activity }) => sum + (activity.data?.length ?? 0), 0);
  }

  setPaused(isPaused: boolean): void {
    this.isPaused = isPaused;
    this.#flush();
  }

  clear(): void {
    this.#entries = [];
    this.restart();
  }

  /** All activities come again. What a pause holds stays until its end, because somebody reads it. */
  restart(): void {
    this.#isRepeated = true;
    this.#waiting = [];
    this.#waitingData = 0;
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
    if (!this.isPaused && (this.#waiting.length > 0 || this.#isRepeated)) {
      const before = this.#isRepeated ? [] : this.#entries;
      this.#entries = bounded([...this.#waiting.reverse(), ...before]);
      this.#waiting = [];
      this.#waitingData = 0;
      this.#isRepeated = false;
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
