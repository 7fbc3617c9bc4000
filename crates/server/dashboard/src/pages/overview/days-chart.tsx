import { useMemo } from 'preact/hooks';

import { path } from '../../core/api';
import { compact, useFormats } from '../../core/format';
import { useResource } from '../../core/resource';
import type { Statistics, StatisticsEntry } from '../../core/types';
import { Chart } from '../../ui/chart';
import { Empty, Loading, Note, RefusalNote } from '../../ui/page';
import { overviewTexts, type Metric } from './texts';

const DAY_SECONDS = 86_400;
const DAYS = 60;

const COLUMNS: Partial<Record<Metric, keyof StatisticsEntry>> = {
  connections: 'peak_connections',
  messages: 'websocket_messages',
  api_calls: 'api_messages',
};

/** 60 days from the statistics of an app, or of all apps together. */
export function DaysChart({ app, metric }: { app: string | null; metric: Metric }) {
  const t = useFormats(overviewTexts);
  const today = Math.floor(Date.now() / 1000 / DAY_SECONDS) * DAY_SECONDS;
  const first = today - (DAYS - 1) * DAY_SECONDS;
  const query = { since: new Date(first * 1000).toISOString(), step_seconds: DAY_SECONDS };
  const { data, refusal, reload } = useResource<Statistics>(path(app ? ['apps', app, 'statistics'] : ['statistics'], query));
  const column = COLUMNS[metric];
  const times = useMemo(() => Array.from({ length: DAYS }, (_, index) => first + index * DAY_SECONDS), [first]);
  const series = useMemo(() => {
    const values = times.map(() => 0);
    for (const entry of data?.entries ?? []) {
      const index = times.indexOf(Date.parse(entry.since) / 1000);
      if (column && index >= 0) values[index] = Number(entry[column]);
    }
    return values;
  }, [times, data, column]);

  if (!column) return <Note tone="info">{t.noDays}</Note>;
  if (!data) return refusal ? <RefusalNote refusal={refusal} retry={reload} /> : <Loading />;
  if (data.entries.length === 0) {
    return (
      <Empty icon="overview" title={t.emptyDays}>
        <p>{t.emptyDaysText}</p>
      </Empty>
    );
  }
  return <Chart times={times} series={series} label={t.daily[metric]!} format={compact} isDaily isWhole />;
}
