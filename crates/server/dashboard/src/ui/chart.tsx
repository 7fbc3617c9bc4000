import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

import { clockMinutes, day } from '../core/format';
import { locale } from '../core/locale';
import { useStore } from '../core/store';
import { theme } from '../core/theme';
import type { Series } from '../core/types';

interface Props {
  /** Seconds since 1970, ascending. */
  times: number[];
  series: Series;
  label: string;
  format: (value: number) => string;
  /** True: the labels of the axis are days. */
  isDaily: boolean;
  /** True: the values are counts, so the axis has no fractions. */
  isWhole: boolean;
  height?: number;
}

/** The chart of a series over time. */
export function Chart({ times, series, label, format, isDaily, isWhole, height = 240 }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const language = useStore(locale);
  const chosenTheme = useStore(theme);
  const data = useRef<uPlot.AlignedData>([times, series]);
  data.current = [times, series];

  useEffect(() => {
    const element = place.current!;
    const make = () => {
      plot.current?.destroy();
      const options = { width: element.clientWidth, height, label, format, isDaily, isWhole };
      plot.current = new uPlot(optionsOf(element, options), data.current, element);
    };
    make();
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', make);
    const size = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }));
    size.observe(element);
    return () => {
      scheme.removeEventListener('change', make);
      size.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [label, format, isDaily, isWhole, height, language, chosenTheme]);

  useEffect(() => plot.current?.setData([times, series]), [times, series]);

  const known = series.filter((value): value is number => value !== null);
  const summary = known.length === 0 ? label : `${label}: ${format(Math.min(...known))} – ${format(Math.max(...known))}`;
  return <div class="chart" ref={place} role="img" aria-label={summary} />;
}

/** Between labels of the time, in seconds: from a minute, the shortest that a label shows. */
const INCREMENTS = [60, 120, 300, 600, 900, 1800, 3600, 86_400, 7 * 86_400, 14 * 86_400];

interface Look {
  width: number;
  height: number;
  label: string;
  format: (value: number) => string;
  isDaily: boolean;
  isWhole: boolean;
}

/** The axis has four lines above zero. */
const LINES = 4;

/** The colours are those of elements, because a canvas does not know the variables of the style sheet. */
function optionsOf(element: HTMLElement, { width, height, label, format, isDaily, isWhole }: Look): uPlot.Options {
  const style = getComputedStyle(element);
  const [line, grid, text] = [style.color, style.borderTopColor, style.outlineColor];
  const font = `11px ${style.fontFamily}`;
  const axis = { stroke: text, font, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
  const at = (seconds: number) => (isDaily ? day : clockMinutes)(new Date(seconds * 1000));
  return {
    width,
    height,
    padding: [10, 6, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
    scales: { y: { range: (_, __, max) => [0, max === 0 || (isWhole && max < LINES) ? LINES : max * 1.08] } },
    axes: [
      { ...axis, grid: { show: false }, incrs: INCREMENTS, values: (_, splits) => splits.map(at), space: 70, size: 30 },
      { ...axis, values: (_, splits) => splits.map(format), size: 58, space: 44 },
    ],
    series: [
      {},
      {
        label,
        stroke: line,
        width: 1.75,
        fill: (plot) => faded(plot, line),
        points: { show: false },
        spanGaps: false,
        ...(isDaily && { paths: uPlot.paths.bars!({ size: [0.7, 24] }) }),
      },
    ],
    plugins: [readout(format, at)],
  };
}

function faded(plot: uPlot, color: string): CanvasGradient {
  const gradient = plot.ctx.createLinearGradient(0, plot.bbox.top, 0, plot.bbox.top + plot.bbox.height);
  gradient.addColorStop(0, color.replace('rgb(', 'rgba(').replace(')', ', 0.22)'));
  gradient.addColorStop(1, color.replace('rgb(', 'rgba(').replace(')', ', 0.02)'));
  return gradient;
}

/** The value under the cursor, in a corner of the chart. */
function readout(format: (value: number) => string, at: (seconds: number) => string): uPlot.Plugin {
  const box = document.createElement('div');
  box.className = 'chart-readout';
  return {
    hooks: {
      init: (plot) => plot.over.append(box),
      setCursor: (plot) => {
        const index = plot.cursor.idx;
        const value = typeof index === 'number' ? plot.data[1]?.[index] : undefined;
        const time = typeof index === 'number' ? plot.data[0][index] : undefined;
        box.textContent = typeof value === 'number' && time !== undefined ? `${at(time)}  ${format(value)}` : '';
      },
    },
  };
}
