import type { ComponentChildren } from 'preact';

import { compact, useFormats } from '../../core/format';
import { useText } from '../../core/locale';
import { usePages } from '../../core/pages-of';
import { href, setQuery, useRoute } from '../../core/route';
import type { ChannelList as Answer, ChannelRow } from '../../core/types';
import { EmptyList } from '../../ui/empty-list';
import { ListEnd } from '../../ui/list-end';
import { Choice } from '../../ui/form';
import { Card, Loading, Page, ResourceNote } from '../../ui/page';
import { SearchField } from '../../ui/search-field';
import { channelTexts } from './texts';

const EVERY_MS = 3_000;
const KINDS = ['all', 'public', 'private', 'presence', 'encrypted'];

export function ChannelList({ app, picker }: { app: string; picker: ComponentChildren }) {
  const t = useFormats(channelTexts);
  const { query } = useRoute();
  const search = query.get('search') ?? '';
  const asked = query.get('kind') ?? 'all';
  const kind = KINDS.includes(asked) ? asked : 'all';
  const filter = { search, kind: kind === 'all' ? null : kind, limit: 100 };
  const list = usePages<Answer>(['apps', app, 'channels'], filter, EVERY_MS);
  const rows = [list.data, ...list.later].flatMap((page) => page?.channels ?? []);
  return (
    <Page title={t.title} about={t.about} scope={list.data?.scope} actions={picker}>
      <div class="toolbar">
        <SearchField label={t.search} placeholder={t.searchHint} value={search} onSearch={(search) => setQuery({ search })} />
        <Choice
          label={t.kind}
          value={kind}
          options={KINDS.map((value) => ({ value, label: t.kinds[value]! }))}
          onChange={(kind) => setQuery({ kind: kind === 'all' ? null : kind })}
        />
        {list.data && <p class="toolbar-count">{t.total(list.data.total)}</p>}
      </div>
      <ResourceNote of={list} />
      <Card flush>
        {rows.length > 0 && <Rows app={app} rows={rows} />}
        {list.loading && <Loading />}
        {list.data && rows.length === 0 && (
          <EmptyList icon="channels" texts={t} app={app} isFiltered={search !== '' || kind !== 'all'} />
        )}
      </Card>
      <ListEnd more={list.more} isCut={list.isCut} shown={rows.length} />
    </Page>
  );
}

function Rows({ app, rows }: { app: string; rows: ChannelRow[] }) {
  const t = useText(channelTexts);
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">{t.name}</th>
          <th scope="col" class="num">
            {t.subscriptions}
          </th>
          <th scope="col" class="num wide">
            {t.users}
          </th>
          <th scope="col" class="wide">
            {t.cached}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.name}>
            <th scope="row">
              <a class="cell-link mono" href={href(['channels', row.name], { app })}>
                {row.name}
              </a>
            </th>
            <td class="num">{compact(row.subscriptions)}</td>
            <td class="num wide">{row.users === null ? '–' : compact(row.users)}</td>
            <td class="wide">{row.cached ? t.yes : '–'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
