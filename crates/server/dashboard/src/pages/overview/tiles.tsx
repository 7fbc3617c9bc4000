import { compact, milliseconds, useFormats } from '../../core/format';
import type { Figures, History } from '../../core/types';
import { Sparkline } from '../../ui/sparkline';
import { known } from './hour-chart';
import { overviewTexts, type Metric } from './texts';

interface Props {
  figures: Figures | undefined;
  history: History | null;
  metric: Metric;
  choose: (metric: Metric) => void;
}

const VALUES: Record<Metric, (figures: Figures) => number | null> = {
  connections: (figures) => figures.connections,
  messages: (figures) => figures.messages_per_second,
  api_calls: (figures) => figures.api_calls_per_second,
  delivery_p99_milliseconds: (figures) => figures.delivery_p99_milliseconds,
  refusals: (figures) => figures.refusals_last_minute,
};

export const METRICS = Object.keys(VALUES) as Metric[];

export const shown = (metric: Metric, value: number | null | undefined): string => {
  if (value === null || value === undefined) return '–';
  return metric === 'delivery_p99_milliseconds' ? milliseconds(value) : compact(value);
};

/** The figures of now with the last hour. The chosen one is drawn large below. */
export function Tiles({ figures, history, metric, choose }: Props) {
  const t = useFormats(overviewTexts);
  return (
    <div class="tiles" role="group" aria-label={t.metric}>
      {METRICS.map((name) => {
        const value = figures && VALUES[name](figures);
        const isBad = name === 'refusals' && !!value;
        return (
          <button
            key={name}
            type="button"
            class={`tile${name === metric ? ' tile-on' : ''}${isBad ? ' tile-bad' : ''}`}
            aria-pressed={name === metric}
            onClick={() => choose(name)}
          >
            <span class="tile-label">{t.metrics[name]}</span>
            <span class="tile-value">{shown(name, value)}</span>
            <Sparkline series={known(history?.[name] ?? [])} />
          </button>
        );
      })}
    </div>
  );
}
