import { Store } from './store';

/** A refusal of the admin API, or a server that does not answer (status 0, and no message unless the page has one). */
export class Refusal extends Error {
  readonly status: number;
  /** The invalid parts of a request, with JSON pointers such as `#/capacity`. */
  readonly faults: { pointer: string; detail: string }[];
  readonly retryAfter: number | null;
  /** The answer's body, if it is JSON. */
  readonly body: unknown;

  constructor(status: number, detail: string, body: unknown = null, retryAfter: number | null = null) {
    super(detail);
    this.status = status;
    this.body = body;
    this.retryAfter = retryAfter;
    const errors = (body as { errors?: unknown } | null)?.errors;
    this.faults = Array.isArray(errors) ? errors : [];
  }
}

/** Counts the answers that say that nobody is signed in any more. */
export const signedOut = new Store(0);

/** The admin API, beside the dashboard, so that any path prefix works. */
export const API = new URL('../admin/api/', document.baseURI);

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export async function open(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { 'X-Clairon-Dashboard': '1' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let answer: Response;
  try {
    answer = await fetch(new URL(path, API), {
      method,
      headers,
      credentials: 'same-origin',
      cache: 'no-store',
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    // The browser's words, such as `Failed to fetch`, say no more.
    throw new Refusal(0, '');
  }
  if (answer.ok) return answer;
  const problem: unknown = await answer.json().catch(() => null);
  const detail = (problem as { detail?: string } | null)?.detail ?? `${answer.status} ${answer.statusText}`;
  if (answer.status === 401 && path !== 'session') signedOut.set(signedOut.value + 1);
  const retryAfter = Number(answer.headers.get('Retry-After')) || null;
  throw new Refusal(answer.status, detail, problem, retryAfter);
}

async function request<T>(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const answer = await open(method, path, body, signal);
  const text = await answer.text().catch((error) => {
    throw signal?.aborted ? error : new Refusal(0, '');
  });
  return (text === '' ? null : JSON.parse(text)) as T;
}

export const get = <T>(path: string, signal?: AbortSignal) => request<T>('GET', path, undefined, signal);
export const post = <T>(path: string, body?: unknown) => request<T>('POST', path, body);
export const patch = <T>(path: string, body: unknown) => request<T>('PATCH', path, body);
export const remove = (path: string) => request<null>('DELETE', path);

/** A path of the API. Segments are encoded, empty parameters are left out. */
export function path(segments: string[], query: Record<string, string | number | boolean | null | undefined> = {}): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== null && value !== '' && value !== false)
    .map(([name, value]) => [name, String(value)]);
  const search = new URLSearchParams(pairs).toString();
  return segments.map(encodeURIComponent).join('/') + (search && `?${search}`);
}
