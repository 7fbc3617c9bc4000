import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

interface Props<T> {
  items: T[];
  /** Ascends with age backwards: the newest item is the first and has the largest key. */
  keyOf: (item: T) => number;
  rowHeight: number;
  label: string;
  children: (item: T, index: number) => ComponentChildren;
}

/** Rows above and below the visible ones. */
const MARGIN = 6;

/**
 * A long list of rows of one height, of which only the visible ones exist. While the reader is not at the top, new
 * items above do not move what is read.
 */
export function VirtualList<T>({ items, keyOf, rowHeight, label, children }: Props<T>) {
  const place = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const newest = useRef<number | null>(null);

  useEffect(() => {
    const element = place.current!;
    const measure = () => setView({ top: element.scrollTop, height: element.clientHeight });
    const size = new ResizeObserver(measure);
    size.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    return () => {
      size.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, []);

  const first = items[0];
  const newestKey = first === undefined ? null : keyOf(first);
  useLayoutEffect(() => {
    const element = place.current!;
    const before = newest.current;
    newest.current = newestKey;
    if (before === null || newestKey === null || element.scrollTop === 0) return;
    const added = items.findIndex((item) => keyOf(item) <= before);
    if (added > 0) element.scrollTop += added * rowHeight;
  }, [newestKey]);

  const start = Math.max(0, Math.floor(view.top / rowHeight) - MARGIN);
  const end = Math.min(items.length, Math.ceil((view.top + view.height) / rowHeight) + MARGIN);
  return (
    <div class="virtual" ref={place} role="list" aria-label={label} tabIndex={items.length === 0 ? -1 : 0}>
      <div class="virtual-space" style={{ height: `${items.length * rowHeight}px` }}>
        {items.slice(start, end).map((item, index) => (
          <div
            key={keyOf(item)}
            role="listitem"
            class="virtual-row"
            style={{ transform: `translateY(${(start + index) * rowHeight}px)`, height: `${rowHeight}px` }}
          >
            {children(item, start + index)}
          </div>
        ))}
      </div>
    </div>
  );
}
