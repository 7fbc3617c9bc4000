import type { ComponentChildren } from 'preact';

import { bytes, compact, useFormats } from '../../core/format';
import { libraryOf } from '../../core/libraries';
import { usePages } from '../../core/pages-of';
import { href, setQuery, useRoute } from '../../core/route';
import type { ConnectionList as Answer, ConnectionRow } from '../../core/types';
import { Button } from '../../ui/button';
import { EmptyList } from '../../ui/empty-list';
import { ListEnd } from '../../ui/list-end';
import { Card, Loading, Page, ResourceNote } from '../../ui/page';
import { SearchField } from '../../ui/search-field';
import { Time } from '../../ui/values';
import { connectionTexts } from './texts';

const EVERY_MS = 3_000;

export function ConnectionList({ app, picker }: { app: string; picker: ComponentChildren }) {
  const t = useFormats(connectionTexts);
  const { query } = useRoute();
  const search = query.get('search') ?? '';
  const user = query.get('user');
  const channel = query.get('channel');
  const list = usePages<Answer>(['apps', app, 'connections'], { search, user, channel, limit: 100 }, EVERY_MS);
  const rows = [list.data, ...list.later].flatMap((page) => page?.connections ?? []);
  return (
    <Page title={t.title} about={t.about} scope={list.data?.scope} actions={picker}>
      <div class="toolbar">
        <SearchField label={t.search} placeholder={t.searchHint} value={search} onSearch={(search) => setQuery({ search })} />
        {(user || channel) && (
          <p class="toolbar-filter">
            <span>{user ? t.onlyUser(user) : t.onlyChannel(channel ?? '')}</span>
            <Button kind="quiet" small icon="close" onClick={() => setQuery({ user: null, channel: null })}>
              {t.all}
            </Button>
          </p>
        )}
        {list.data && <p class="toolbar-count">{t.total(list.data.total)}</p>}
      </div>
      <ResourceNote of={list} />
      <Card flush>
        {rows.length > 0 && <Rows app={app} rows={rows} />}
        {list.loading && <Loading />}
        {list.data && rows.length === 0 && (
          <EmptyList icon="connections" texts={t} app={app} isFiltered={!!(search || user || channel)} />
        )}
      </Card>
      <ListEnd more={list.more} isCut={list.isCut} shown={rows.length} />
    </Page>
  );
}

function Rows({ app, rows }: { app: string; rows: ConnectionRow[] }) {
  const t = useFormats(connectionTexts);
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">{t.id}</th>
          <th scope="col">{t.user}</th>
          <th scope="col" class="wide">
            {t.peer}
          </th>
          <th scope="col" class="wide extra">
            {t.library}
          </th>
          <th scope="col" class="wide">
            {t.since}
          </th>
          <th scope="col" class="num">
            {t.channels}
          </th>
          <th scope="col" class="num wide" title={t.queueTitle}>
            {t.queue}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.socket_id}>
            <th scope="row">
              <a class="cell-link cell-id mono" href={href(['connections', row.socket_id], { app })}>
                {row.socket_id}
              </a>
              <span class="sub narrow mono">{row.peer}</span>
            </th>
            <td>{row.user_id ?? <span class="quiet">{t.anonymous}</span>}</td>
            <td class="wide mono">{row.peer}</td>
            <td class="wide extra">{row.library === null ? '–' : libraryOf(row.library)}</td>
            <td class="wide">
              <Time value={row.connected_at} as="ago" />
            </td>
            <td class="num">{row.channels === null ? '–' : compact(row.channels)}</td>
            <td class="num wide">{row.queued_bytes === 0 ? '–' : bytes(row.queued_bytes)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
