/** How long anything may take. Generous: the tests share their machine with a compiler. */
const DEADLINE_MS = 60_000;

/** Resolves with whatever `start`'s callback is called with; fails, naming `what`, when it is never called. */
export function awaited(what, start) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${what()} within ${DEADLINE_MS} ms`)), DEADLINE_MS);
    start((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

/** What a client heard, in order. An absence is shown by waiting for a later event and then reading `names`. */
export class Heard {
  names = [];
  #pending = new Map();
  #waiting = new Map();

  /** A callback that notes its first argument under `name`. */
  as(name) {
    return (value) => this.note(name, value);
  }

  note(name, value) {
    this.names.push(name);
    const waiting = this.#waiting.get(name)?.shift();
    if (waiting) waiting(value);
    else queue(this.#pending, name).push(value);
  }

  /** The value of the next note under `name`, which may have come already. */
  async next(name) {
    const pending = queue(this.#pending, name);
    if (pending.length > 0) return pending.shift();
    return awaited(
      () => `"${name}" (heard: ${this.names.join(', ') || 'nothing'})`,
      (resolve) => queue(this.#waiting, name).push(resolve),
    );
  }
}

function queue(map, name) {
  if (!map.has(name)) map.set(name, []);
  return map.get(name);
}
