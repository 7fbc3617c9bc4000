import { Store, useStore } from './store';

/** The place in the dashboard: the part of the URL after `#`. So a link to a view, with its filters, can be shared. */
export interface Route {
  /** The decoded segments, such as `channels` and the name of a channel. */
  path: string[];
  query: URLSearchParams;
}

export type Query = Record<string, string | null | undefined>;

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function current(): Route {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  return { path: path.split('/').filter(Boolean).map(decoded), query: new URLSearchParams(query) };
}

export const route = new Store<Route>(current());

addEventListener('hashchange', () => route.set(current()));

export const useRoute = (): Route => useStore(route);

/** The link to a place. Empty parameters are left out. */
export function href(path: string[], query: Query = {}): string {
  const pairs = Object.entries(query).filter((pair): pair is [string, string] => !!pair[1]);
  const search = new URLSearchParams(pairs).toString();
  return `#/${path.map(encodeURIComponent).join('/')}${search && `?${search}`}`;
}

export function go(path: string[], query: Query = {}): void {
  location.hash = href(path, query);
}

/** Changes parameters of the present place without a new entry in the browser's history. */
export function setQuery(changes: Query): void {
  const { path, query } = current();
  const link = href(path, { ...Object.fromEntries(query), ...changes });
  if (link === location.hash) return;
  history.replaceState(null, '', link);
  route.set(current());
}
