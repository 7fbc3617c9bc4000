/** The test of a WebSocket: it does what pusher-js does, step by step. */

export type StepName = 'page' | 'open' | 'established' | 'subscribed' | 'event' | 'pong';

export interface Step {
  name: StepName;
  state: 'ok' | 'failed' | 'skipped';
  /** Since the step before, in milliseconds. */
  took: number;
  detail: string;
}

/** Why a step failed. */
export type Failure =
  | { kind: 'mixed' }
  | { kind: 'closed'; code: number; reason: string }
  | { kind: 'refused'; code: number; reason: string }
  | { kind: 'timeout'; seconds: number }
  | { kind: 'event'; reason: string };

export class ProbeError extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.kind);
    this.failure = failure;
  }
}

const TIMEOUT_SECONDS = 10;

interface Frame {
  event: string;
  channel?: string;
  data?: unknown;
}

/** A WebSocket whose frames are awaited one by one. */
export class Probe {
  readonly #socket: WebSocket;
  readonly #frames: Frame[] = [];
  #failure: Failure | null = null;
  #wake: (() => void) | null = null;

  constructor(url: string) {
    if (location.protocol === 'https:' && url.startsWith('ws:')) throw new ProbeError({ kind: 'mixed' });
    this.#socket = new WebSocket(url);
    this.#socket.onopen = () => this.#wake?.();
    this.#socket.onmessage = ({ data }) => this.#receive(String(data));
    this.#socket.onclose = ({ code, reason }) => {
      this.#failure ??= { kind: 'closed', code, reason };
      this.#wake?.();
    };
  }

  #receive(text: string): void {
    const frame = JSON.parse(text) as Frame;
    if (frame.event === 'pusher:error') {
      const { code = 0, message = '' } = parsed(frame.data) as { code?: number; message?: string };
      this.#failure = { kind: 'refused', code: code ?? 0, reason: message };
    } else this.#frames.push(frame);
    this.#wake?.();
  }

  async opened(): Promise<void> {
    await this.#until(() => this.#socket.readyState === WebSocket.OPEN || null);
  }

  /** The data of the next frame with this event. */
  next(event: string): Promise<unknown> {
    return this.#until(() => {
      const index = this.#frames.findIndex((frame) => frame.event === event);
      return index < 0 ? null : { data: parsed(this.#frames.splice(index, 1)[0]?.data) };
    }).then(({ data }) => data);
  }

  send(event: string, data: unknown = {}): void {
    this.#socket.send(JSON.stringify({ event, data }));
  }

  close(): void {
    this.#socket.onclose = null;
    this.#socket.close();
  }

  #until<T>(find: () => T | null): Promise<T> {
    return new Promise((resolve, reject) => {
      const timeout: Failure = { kind: 'timeout', seconds: TIMEOUT_SECONDS };
      const timer = setTimeout(() => reject(new ProbeError(timeout)), TIMEOUT_SECONDS * 1000);
      this.#wake = () => {
        const found = find();
        if (found === null && this.#failure === null) return;
        clearTimeout(timer);
        this.#wake = null;
        if (found !== null) resolve(found);
        else reject(new ProbeError(this.#failure!));
      };
      this.#wake();
    });
  }
}

/** The data of a frame of the protocol is a string with JSON. */
function parsed(data: unknown): unknown {
  if (typeof data !== 'string') return data ?? {};
  try {
    return JSON.parse(data) as unknown;
  } catch {
    return data;
  }
}
