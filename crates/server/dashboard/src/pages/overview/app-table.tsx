import { number, useFormats } from '../../core/format';
import { href } from '../../core/route';
import type { Overview } from '../../core/types';
import { Card, Empty } from '../../ui/page';
import { Badge } from '../../ui/values';
import { overviewTexts } from './texts';
import { METRICS, shown } from './tiles';

export function AppTable({ overview }: { overview: Overview }) {
  const t = useFormats(overviewTexts);
  const { apps, apps_total: total, totals } = overview;
  // A node that cannot hear the others has no connections of theirs, but still knows of the last messages.
  const isIdle = totals.connections === 0 && totals.messages_per_second === 0;
  return (
    <>
      {isIdle && apps[0] && (
        <Card>
          <Empty
            icon="connections"
            title={t.noTraffic}
            action={
              <a class="button button-primary" href={href(['apps', apps[0].id], { tab: 'connect' })}>
                {t.connect}
              </a>
            }
          >
            <p>{t.noTrafficText}</p>
          </Empty>
        </Card>
      )}
      <Card title={t.apps} flush>
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{t.name}</th>
              {METRICS.map((metric) => (
                <th key={metric} scope="col" class={metric === 'connections' ? 'num' : 'num wide'}>
                  {t.metrics[metric]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {apps.map((app) => {
              const values = {
                connections: app.connections,
                messages: app.messages_per_second,
                api_calls: app.api_calls_per_second,
                delivery_p99_milliseconds: app.delivery_p99_milliseconds,
                refusals: app.refusals_last_minute,
              };
              return (
                <tr key={app.id}>
                  <th scope="row">
                    <a class="cell-link" href={href(['apps', app.id])}>
                      {app.name || app.id}
                    </a>
                    {app.name && <span class="sub mono">{app.id}</span>}
                    {!app.enabled && <Badge tone="bad">{t.disabled}</Badge>}
                  </th>
                  {METRICS.map((metric) => (
                    <td key={metric} class={metric === 'connections' ? 'num' : 'num wide'}>
                      {shown(metric, values[metric])}
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
        {total > apps.length && (
          <p class="table-end">
            <span class="hint">{t.busiest(number(apps.length), number(total))}</span>
            <a href={href(['apps'])}>{t.everyApp}</a>
          </p>
        )}
      </Card>
    </>
  );
}
