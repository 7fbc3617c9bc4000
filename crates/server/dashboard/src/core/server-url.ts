import { API } from './api';

/** Where this page has found the server, without a `/` at the end; a path prefix is part of it. */
export const SERVER_URL = new URL('../..', API).href.replace(/\/$/, '');

export interface Place {
  scheme: 'http' | 'https';
  host: string;
  port: string;
  /** Empty, or with a `/` at its beginning. */
  prefix: string;
}

/** The place that a URL names; `null` if it is no URL of a server. */
export function placeOf(url: string): Place | null {
  if (!URL.canParse(url) || !/^(http|ws)s?:/.test(url)) return null;
  const { protocol, hostname, port, pathname } = new URL(url);
  const scheme = protocol === 'https:' || protocol === 'wss:' ? 'https' : 'http';
  return { scheme, host: hostname, port: port || (scheme === 'https' ? '443' : '80'), prefix: pathname.replace(/\/$/, '') };
}
