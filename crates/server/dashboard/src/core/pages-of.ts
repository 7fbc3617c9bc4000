import { useState } from 'preact/hooks';

import { get, path, Refusal } from './api';
import { useResource, type Resource } from './resource';

/** The largest number of pages that are shown: beyond, a list is searched and not read. */
const MAX_PAGES = 10;

interface PageOf {
  next: string | null;
}

export interface Paged<T extends PageOf> extends Resource<T> {
  /** The rows of the first page, which is asked again and again, and of the later pages, which are asked once. */
  later: T[];
  more: (() => void) | null;
  /** True if there are more pages than are shown. */
  isCut: boolean;
}

/** A list that is read page by page. `query` is without `after`. */
export function usePages<T extends PageOf>(
  segments: string[],
  query: Record<string, string | number | null | undefined>,
  everyMs: number,
): Paged<T> {
  const first = path(segments, query);
  const resource = useResource<T>(first, everyMs);
  const [loaded, setLoaded] = useState<{ first: string; pages: T[] }>({ first, pages: [] });
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const later = loaded.first === first ? loaded.pages : [];
  const next = (later.at(-1) ?? resource.data)?.next ?? null;
  const load = async (after: string) => {
    try {
      const page = await get<T>(path(segments, { ...query, after }));
      setRefusal(null);
      setLoaded({ first, pages: [...later, page] });
    } catch (error) {
      setRefusal(error instanceof Refusal ? error : new Refusal(0, String(error)));
    }
  };
  const isCut = next !== null && later.length + 1 >= MAX_PAGES;
  const more = next === null || isCut ? null : () => void load(next);
  return { ...resource, refusal: resource.refusal ?? refusal, later, more, isCut };
}
