import { useMemo } from 'preact/hooks';

import { compact, milliseconds, useFormats } from '../../core/format';
import type { Resource } from '../../core/resource';
import type { History, Series } from '../../core/types';
import { Chart } from '../../ui/chart';
import { Loading, RefusalNote } from '../../ui/page';
import { overviewTexts, type Metric } from './texts';

/** A server that has run for less than an hour shows its life, and at least these samples. */
const MIN_SAMPLES = 12;

/** The series without the time before the start of the server. */
export function known(series: Series): Series {
  const first = series.findIndex((value) => value !== null);
  return series.slice(Math.min(first < 0 ? 0 : first, Math.max(0, series.length - MIN_SAMPLES)));
}

export function HourChart({ history, metric }: { history: Resource<History>; metric: Metric }) {
  const t = useFormats(overviewTexts);
  const { data, refusal } = history;
  const times = useMemo(() => {
    if (!data) return [];
    const last = Date.parse(data.until) / 1000;
    return known(data.connections).map((_, index, all) => last - (all.length - 1 - index) * data.step_seconds);
  }, [data]);
  const series = useMemo(() => data?.[metric].slice(data[metric].length - times.length) ?? [], [data, metric, times]);
  if (!data) return refusal ? <RefusalNote refusal={refusal} retry={history.reload} /> : <Loading />;
  const isWhole = metric === 'connections' || metric === 'refusals';
  const format = metric === 'delivery_p99_milliseconds' ? milliseconds : compact;
  return <Chart times={times} series={series} label={t.metrics[metric]} format={format} isDaily={false} isWhole={isWhole} />;
}
