import { useState } from 'preact/hooks';

import { path } from '../core/api';
import { nameOf } from '../core/apps';
import { number, useFormats } from '../core/format';
import { texts } from '../core/locale';
import { useResource } from '../core/resource';
import type { AppEntry, AppList } from '../core/types';
import { Dialog } from './dialog';
import { Field, Select } from './form';
import { Loading, RefusalNote } from './page';
import { SearchField } from './search-field';
import { Badge } from './values';

const pickerTexts = texts({
  en: {
    choose: 'Choose an app',
    search: 'Search apps',
    searchHint: 'Name, id or key',
    none: 'No app matches',
    disabled: 'disabled',
    more: (shown: string, total: string) => `${shown} of ${total} apps. Search to find the others.`,
  },
  fr: {
    choose: 'Choisir une application',
    search: 'Chercher des applications',
    searchHint: 'Nom, identifiant ou clé',
    none: 'Aucune application ne correspond',
    disabled: 'désactivée',
    more: (shown: string, total: string) => `${shown} applications sur ${total}. Cherchez pour trouver les autres.`,
  },
});

/** The number of apps that the dialog shows at a time. */
const SHOWN = 50;

interface Props {
  label: string;
  hideLabel?: boolean;
  /** The first apps. If there are more, a dialog searches for the others. */
  list: AppList | null;
  /** The chosen one; `null` for all apps. */
  app: { id: string; name: string } | null;
  /** The name of the choice of all apps, where that is one. */
  all?: string;
  onChange: (id: string) => void;
}

export function AppPicker({ label, hideLabel = false, list, app, all, onChange }: Props) {
  const [isOpen, setOpen] = useState(false);
  if (!list?.next) {
    const apps = (list?.apps ?? []).map((app) => ({ value: app.id, label: nameOf(app) }));
    const options = all === undefined ? apps : [{ value: '', label: all }, ...apps];
    return <Select label={label} hideLabel={hideLabel} value={app?.id ?? ''} options={options} onChange={onChange} />;
  }
  const shown = app ? nameOf(app) : (all ?? '');
  const pick = (id: string) => {
    setOpen(false);
    onChange(id);
  };
  return (
    <>
      <Field label={label} hideLabel={hideLabel}>
        {({ id }) => (
          <button
            id={id}
            type="button"
            class="input picker"
            aria-haspopup="dialog"
            aria-label={`${label}: ${shown}`}
            onClick={() => setOpen(true)}
          >
            {shown}
          </button>
        )}
      </Field>
      {isOpen && <AppDialog app={app?.id ?? ''} all={all} onPick={pick} onClose={() => setOpen(false)} />}
    </>
  );
}

interface DialogProps {
  app: string;
  all: string | undefined;
  onPick: (id: string) => void;
  onClose: () => void;
}

function AppDialog({ app, all, onPick, onClose }: DialogProps) {
  const t = useFormats(pickerTexts);
  const [search, setSearch] = useState('');
  const { data, refusal, loading } = useResource<AppList>(path(['apps'], { search, limit: SHOWN }));
  return (
    <Dialog title={t.choose} onClose={onClose}>
      <SearchField label={t.search} placeholder={t.searchHint} value={search} onSearch={setSearch} />
      {refusal && <RefusalNote refusal={refusal} />}
      {loading && <Loading />}
      <ul class="picker-list">
        {all !== undefined && search === '' && (
          <li>
            <button type="button" aria-pressed={app === ''} onClick={() => onPick('')}>
              {all}
            </button>
          </li>
        )}
        {data?.apps.map((entry) => (
          <li key={entry.id}>
            <button type="button" aria-pressed={entry.id === app} onClick={() => onPick(entry.id)}>
              <Names app={entry} />
              {!entry.enabled && <Badge tone="bad">{t.disabled}</Badge>}
            </button>
          </li>
        ))}
      </ul>
      {data?.total === 0 && <p class="quiet">{t.none}</p>}
      {data?.next && <p class="hint">{t.more(number(data.apps.length), number(data.total))}</p>}
    </Dialog>
  );
}

function Names({ app }: { app: AppEntry }) {
  return (
    <span class="picker-names">
      <span>{nameOf(app)}</span>
      {app.name && <span class="sub mono">{app.id}</span>}
    </span>
  );
}
