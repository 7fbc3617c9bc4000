import { useState } from 'preact/hooks';

import { path } from '../../core/api';
import { useApps } from '../../core/apps';
import { useFormats } from '../../core/format';
import { href, setQuery, useRoute } from '../../core/route';
import { useResource } from '../../core/resource';
import type { History, Overview } from '../../core/types';
import { AppPicker } from '../../ui/app-picker';
import { UnknownApp } from '../../ui/unknown-app';
import { Choice } from '../../ui/form';
import { Card, Empty, Page, ResourceNote } from '../../ui/page';
import { AppTable } from './app-table';
import { DaysChart } from './days-chart';
import { HourChart } from './hour-chart';
import { NodeTable } from './node-table';
import { overviewTexts, type Metric } from './texts';
import { Tiles } from './tiles';

export function OverviewPage() {
  const t = useFormats(overviewTexts);
  const { query } = useRoute();
  const app = query.get('app');
  const [metric, setMetric] = useState<Metric>('connections');
  const [range, setRange] = useState<'hour' | 'days'>('hour');
  const { list, app: known, isUnknown } = useApps();
  const overview = useResource<Overview>(path(['overview'], { app }), 2_000);
  const history = useResource<History>(path(['history'], { app }), 10_000);
  const { data } = overview;
  const picker = (
    <AppPicker
      label={t.apps}
      hideLabel
      list={list}
      app={app ? known : null}
      all={t.allApps}
      onChange={(id) => setQuery({ app: id })}
    />
  );
  if (isUnknown) {
    return (
      <Page title={t.title}>
        <UnknownApp link={href(['overview'])} />
      </Page>
    );
  }
  return (
    <Page title={t.title} scope={data?.scope} actions={picker}>
      <ResourceNote of={overview} />
      <Tiles figures={(app ? data?.app : data?.totals) ?? undefined} history={history.data} metric={metric} choose={setMetric} />
      <Card
        title={range === 'days' ? (t.daily[metric] ?? t.metrics[metric]) : t.metrics[metric]}
        actions={
          <Choice
            label={t.range}
            value={range}
            options={[
              { value: 'hour', label: t.hour },
              { value: 'days', label: t.days },
            ]}
            onChange={setRange}
          />
        }
      >
        <div class="chart-place">
          {range === 'hour' ? (
            <HourChart history={history} metric={metric} />
          ) : (
            <DaysChart app={app} metric={metric} />
          )}
        </div>
      </Card>
      {data && data.apps.length === 0 && (
        <Card>
          <Empty
            icon="apps"
            title={t.noApps}
            action={
              <a class="button button-primary" href={href(['apps'], { create: '1' })}>
                {t.createApp}
              </a>
            }
          >
            <p>{t.noAppsText}</p>
          </Empty>
        </Card>
      )}
      {data && data.apps.length > 0 && <AppTable overview={data} />}
      {data && <NodeTable nodes={data.nodes} />}
    </Page>
  );
}
