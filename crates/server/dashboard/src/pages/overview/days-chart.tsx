import { useEffect, useState } from 'preact/hooks';

import { get, path, Refusal } from '../../core/api';
import { compact, useFormats } from '../../core/format';
import type { Statistics, StatisticsEntry } from '../../core/types';
import { Chart } from '../../ui/chart';
import { Empty, Loading, Note, RefusalNote } from '../../ui/page';
import { overviewTexts, type Metric } from './texts';

const DAY_SECONDS = 86_400;
const DAYS = 60;
/** Each app costs a request. */
const MAX_APPS = 25;

const COLUMNS: Partial<Record<Metric, keyof StatisticsEntry>> = {
  connections: 'peak_connections',
  messages: 'websocket_messages',
  api_calls: 'api_messages',
};

interface Days {
  times: number[];
  sums: Record<string, number[]>;
  isEmpty: boolean;
}

async function load(apps: string[]): Promise<Days> {
  const today = Math.floor(Date.now() / 1000 / DAY_SECONDS) * DAY_SECONDS;
  const first = today - (DAYS - 1) * DAY_SECONDS;
  const times = Array.from({ length: DAYS }, (_, index) => first + index * DAY_SECONDS);
  const query = { since: new Date(first * 1000).toISOString(), step_seconds: DAY_SECONDS };
  const answers = await Promise.all(apps.map((id) => get<Statistics>(path(['apps', id, 'statistics'], query))));
  const columns = Object.values(COLUMNS);
  const sums = Object.fromEntries(columns.map((column) => [column, times.map(() => 0)]));
  let isEmpty = true;
  for (const entry of answers.flatMap((answer) => answer.entries)) {
    const index = Math.floor((Date.parse(entry.since) / 1000 - first) / DAY_SECONDS);
    if (index < 0 || index >= DAYS) continue;
    isEmpty = false;
    for (const column of columns) sums[column]![index]! += Number(entry[column]);
  }
  return { times, sums, isEmpty };
}

/** 60 days from the statistics. With several apps, a day has the sum of their peaks. */
export function DaysChart({ apps, metric }: { apps: string[]; metric: Metric }) {
  const t = useFormats(overviewTexts);
  const [days, setDays] = useState<Days | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const isTooMany = apps.length > MAX_APPS;
  const names = apps.join();

  useEffect(() => {
    if (isTooMany) return;
    let isCurrent = true;
    setRefusal(null);
    load(apps).then(
      (days) => isCurrent && setDays(days),
      (error) => isCurrent && setRefusal(error instanceof Refusal ? error : new Refusal(0, String(error))),
    );
    return () => {
      isCurrent = false;
    };
  }, [names]);

  const column = COLUMNS[metric];
  if (!column) return <Note tone="info">{t.noDays}</Note>;
  if (isTooMany) return <Note tone="info">{t.chooseApp}</Note>;
  if (refusal) return <RefusalNote refusal={refusal} />;
  if (!days) return <Loading />;
  if (days.isEmpty) {
    return (
      <Empty icon="overview" title={t.emptyDays}>
        <p>{t.emptyDaysText}</p>
      </Empty>
    );
  }
  return <Chart times={days.times} series={days.sums[column]!} label={t.daily[metric]!} format={compact} isDaily isWhole />;
}
