import { useState } from 'preact/hooks';

import { useFormats } from '../../core/format';
import { useText } from '../../core/locale';
import { usePages } from '../../core/pages-of';
import { href, setQuery, useRoute } from '../../core/route';
import { useCanChange } from '../../core/session';
import type { AppEntry, AppList as Answer } from '../../core/types';
import { Button } from '../../ui/button';
import { common } from '../../ui/common-texts';
import { ListEnd } from '../../ui/list-end';
import { Card, Empty, Loading, Page, ResourceNote } from '../../ui/page';
import { SearchField } from '../../ui/search-field';
import { Badge } from '../../ui/values';
import { CreateDialog } from './create-dialog';
import { appTexts } from './texts';

export function AppList() {
  const t = useFormats(appTexts);
  const c = useText(common);
  const { query } = useRoute();
  const canChange = useCanChange();
  const search = query.get('search') ?? '';
  const list = usePages<Answer>(['apps'], { search }, 10_000);
  const { data } = list;
  const rows = [data, ...list.later].flatMap((page) => page?.apps ?? []);
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
      <div class="toolbar">
        <SearchField label={t.search} placeholder={t.searchHint} value={search} onSearch={(search) => setQuery({ search })} />
        {data && <p class="toolbar-count">{t.total(data.total)}</p>}
      </div>
      <ResourceNote of={list} />
      <Card flush>
        {list.loading && <Loading />}
        {rows.length > 0 && <Rows apps={rows} />}
        {data && rows.length === 0 && (
          <Empty icon="apps" title={search ? t.noMatch : t.none}>
            <p>{search ? t.noMatchText : t.noneText}</p>
          </Empty>
        )}
      </Card>
      <ListEnd more={list.more} isCut={list.isCut} shown={rows.length} />
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

function Rows({ apps }: { apps: AppEntry[] }) {
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
