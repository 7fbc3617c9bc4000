import { useState } from 'preact/hooks';

import { useText } from '../../core/locale';
import { href, setQuery, useRoute } from '../../core/route';
import { useResource } from '../../core/resource';
import { useCanChange } from '../../core/session';
import type { AppView } from '../../core/types';
import { Button } from '../../ui/button';
import { common } from '../../ui/common-texts';
import { Card, Empty, Loading, Page, RefusalNote } from '../../ui/page';
import { Badge } from '../../ui/values';
import { CreateDialog } from './create-dialog';
import { appTexts } from './texts';

export function AppList() {
  const t = useText(appTexts);
  const c = useText(common);
  const { query } = useRoute();
  const canChange = useCanChange();
  const { data, refusal, loading, reload } = useResource<{ apps: AppView[] }>('apps', 10_000);
  const [isCreating, setCreating] = useState(query.get('create') === '1' && canChange);
  const create = (
    <Button
      kind="primary"
      icon="plus"
      disabled={!canChange}
      title={canChange ? undefined : c.readOnly}
      onClick={() => setCreating(true)}
    >
      {t.create}
    </Button>
  );
  return (
    <Page title={t.title} about={t.about} actions={create}>
      {refusal && <RefusalNote refusal={refusal} retry={reload} />}
      <Card flush>
        {loading && <Loading />}
        {data && data.apps.length > 0 && <Rows apps={data.apps} />}
        {data?.apps.length === 0 && (
          <Empty icon="apps" title={t.none}>
            <p>{t.noneText}</p>
          </Empty>
        )}
      </Card>
      {isCreating && (
        <CreateDialog
          onClose={() => {
            setCreating(false);
            setQuery({ create: null });
          }}
        />
      )}
    </Page>
  );
}

function Rows({ apps }: { apps: AppView[] }) {
  const t = useText(appTexts);
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">{t.name}</th>
          <th scope="col" class="wide">
            {t.id}
          </th>
          <th scope="col" class="wide">
            {t.key}
          </th>
          <th scope="col">{t.state}</th>
        </tr>
      </thead>
      <tbody>
        {apps.map((app) => (
          <tr key={app.id}>
            <th scope="row">
              <a class="cell-link" href={href(['apps', app.id])}>
                {app.name || app.id}
              </a>
              <span class="sub narrow mono">{app.id}</span>
            </th>
            <td class="wide mono">{app.id}</td>
            <td class="wide mono">{app.key}</td>
            <td>
              <Badge tone={app.enabled ? 'good' : 'bad'}>{app.enabled ? t.enabled : t.disabled}</Badge>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
