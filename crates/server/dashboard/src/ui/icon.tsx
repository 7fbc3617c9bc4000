/** Lines on a grid of 20 units. */
const PATHS = {
  overview: 'M3 16.5h14M5 13V9.500M9 13V4.500M13 13V7.500M16.5 13v-2',
  live: 'M2.5 10h3l2.2-5.500L11.5 15l2.5-5h3.5',
  channels: 'M7.5 3 6 17M14 3l-1.5 14M3.5 7.500h14M2.5 12.500h14',
  connections: 'M7 6.500V3.500M13 6.500V3.500M5 6.500h10v3a5 5 0 0 1-10 0zM10 14.500v3',
  why: 'M10 17.500a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15ZM7.8 7.800a2.2 2.2 0 1 1 3.3 2c-.8.5-1.1.9-1.1 1.700M10 14v.1',
  send: 'M3 10.2 17 3l-4.5 14-3-5.500zM9.5 11.5 17 3',
  apps: 'M3 3h5.500v5.500H3zM11.5 3H17v5.500h-5.500zM3 11.500h5.500V17H3zM11.5 11.500H17V17h-5.500z',
  checks: 'M10 2.5 16 5v4.500c0 4-2.5 6.7-6 8-3.5-1.3-6-4-6-8V5zM7.3 9.800l2 2 3.5-3.8',
  more: 'M4 10h.1M10 10h.1M16 10h.1',
  close: 'M5 5l10 10M15 5 5 15',
  pause: 'M7 4.500v11M13 4.500v11',
  play: 'M6.5 4.500v11l9-5.500z',
  search: 'M9 14.500a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11ZM13 13l4 4',
  copy: 'M7 7h9.500v9.500H7zM13 7V3.500H3.500V13H7',
  check: 'M4 10.5 8 14.500l8-9',
  warning: 'M10 3.5 17.5 16.500h-15zM10 8.500v3.500M10 14.300v.1',
  error: 'M10 17.500a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15ZM7.3 7.300l5.4 5.400M12.7 7.300l-5.4 5.4',
  info: 'M10 17.500a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15ZM10 9v5M10 6.300v.1',
  back: 'M12 4.5 6.5 10l5.5 5.5',
  next: 'M8 4.5 13.5 10 8 15.5',
  plus: 'M10 4v12M4 10h12',
  refresh: 'M16.5 8a7 7 0 1 0 .3 4M16.8 3.500V8h-4.5',
  trash: 'M4 5.500h12M8 5.500V3.500h4v2M5.5 5.500l.7 11h7.600l.7-11',
  eye: 'M2 10s3-5.5 8-5.500S18 10 18 10s-3 5.5-8 5.500S2 10 2 10ZM10 12.300a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.600Z',
  out: 'M8 3.500H3.500v13H8M12.5 6.5 16 10l-3.5 3.500M16 10H7.5',
  sun: 'M10 13.500a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM10 2v1.500M10 16.500V18M2 10h1.500M16.5 10H18M4.3 4.300l1.1 1.100M14.6 14.600l1.1 1.100M4.3 15.700l1.1-1.100M14.6 5.400l1.1-1.1',
  moon: 'M16.5 11.800A7 7 0 0 1 8.2 3.500a7 7 0 1 0 8.3 8.300Z',
  auto: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM10 3v14M12 5.500v9M14 7v6',
  replay: 'M3.5 12a7 7 0 1 0 .3-4M3.2 3.500V8h4.5',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The bugle. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg class="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" />
      <path d="M6 14.500h9.500c4 0 6.5-2.5 9-6v15c-2.5-3.5-5-6-9-6H6M10 17.500v2.500a2.5 2.5 0 0 0 5 0v-2.5" />
    </svg>
  );
}
