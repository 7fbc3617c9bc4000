import { get, open, post, Refusal, signedOut } from './api';
import { Store, useStore } from './store';

export interface Server {
  version: string;
  node: string;
  cluster: boolean;
  started_at: string;
}

export type Session =
  | { state: 'loading' }
  | { state: 'unreachable'; refusal: Refusal }
  | { state: 'out'; methods: string[]; expired: boolean }
  | { state: 'in'; role: 'admin' | 'viewer'; expires_at: string; server: Server };

type Answer =
  | { signed_in: true; role: 'admin' | 'viewer'; expires_at: string; server: Server }
  | { signed_in: false; methods: string[] };

export const session = new Store<Session>({ state: 'loading' });

export async function loadSession(): Promise<void> {
  const before = session.value;
  // Several requests may be refused at once, and each asks for the session.
  const expired = before.state === 'in' || (before.state === 'out' && before.expired);
  try {
    const answer = await get<Answer>('session');
    if (answer.signed_in) session.set({ state: 'in', ...answer });
    else session.set({ state: 'out', methods: answer.methods, expired });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    session.set({ state: 'unreachable', refusal: error });
  }
}

signedOut.subscribe(() => void loadSession());

/** `method` is `password`, `token` or `link`. */
export async function signIn(method: string, secret: string): Promise<void> {
  await post('session', { [method]: secret });
  await loadSession();
}

export async function signOut(): Promise<void> {
  await open('DELETE', 'session');
  session.set({ state: 'loading' });
  await loadSession();
}

/** True if the session may change something. */
export function useCanChange(): boolean {
  const current = useStore(session);
  return current.state === 'in' && current.role === 'admin';
}

/** The server, for pages that are shown only to a session. */
export function useServer(): Server | null {
  const current = useStore(session);
  return current.state === 'in' ? current.server : null;
}
