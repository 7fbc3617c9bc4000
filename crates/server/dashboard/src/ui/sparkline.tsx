import type { Series } from '../core/types';

const WIDTH = 120;
const HEIGHT = 32;

/** The points of a series on a grid of `WIDTH` by `HEIGHT`. Unknown values make gaps. */
function paths(series: Series): { line: string; area: string } {
  const top = Math.max(1e-9, ...series.map((value) => value ?? 0));
  let line = '';
  let area = '';
  let start: number | null = null;
  const x = (index: number) => (index / Math.max(1, series.length - 1)) * WIDTH;
  series.forEach((value, index) => {
    if (value === null) {
      start = null;
      return;
    }
    const y = HEIGHT - 2 - (value / top) * (HEIGHT - 4);
    const point = `${x(index).toFixed(1)} ${y.toFixed(1)}`;
    line += `${start === null ? 'M' : 'L'}${point}`;
    area += `${start === null ? `M${x(index).toFixed(1)} ${HEIGHT}L` : 'L'}${point}`;
    start ??= index;
    if (index === series.length - 1 || series[index + 1] === null) area += `L${x(index).toFixed(1)} ${HEIGHT}Z`;
  });
  return { line, area };
}

/** A small line chart without axes. It repeats what a figure beside it says, so it is hidden from screen readers. */
export function Sparkline({ series }: { series: Series }) {
  const { line, area } = paths(series);
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="sparkline-area" d={area} />
      <path class="sparkline-line" d={line} />
    </svg>
  );
}
