import { useState } from 'preact/hooks';

import { useApps } from '../../core/apps';
import { useDelayed } from '../../core/delayed';
import { groupNames, kindTexts, type Group } from '../../core/kinds';
import { useText } from '../../core/locale';
import { useMedia } from '../../core/media';
import { setQuery, useRoute } from '../../core/route';
import { AppPicker } from '../../ui/app-picker';
import { Button } from '../../ui/button';
import { TextField } from '../../ui/form';
import { Icon } from '../../ui/icon';
import { liveTexts } from './texts';

const TEXTS = ['channel', 'event', 'socket_id', 'user', 'text'] as const;

/** The filters, which are parameters of the URL. */
export function Filters() {
  const t = useText(liveTexts);
  const { query } = useRoute();
  const { list, app } = useApps();
  const labels = { channel: t.channel, event: t.event, socket_id: t.socket, user: t.user, text: t.text };
  const hints: Record<string, string> = { channel: t.channelHint, event: t.eventHint, text: t.textHint };
  const isFiltered = [...TEXTS, 'kind', 'app'].some((name) => query.get(name));
  // On a phone the fields would fill the screen.
  const isPhone = useMedia('(max-width: 700px)');
  const [isOpen, setOpen] = useState(TEXTS.some((name) => query.get(name)));
  return (
    <section class="filters" aria-label={t.filters}>
      <Kinds chosen={query.get('kind')?.split(',').filter(Boolean) ?? []} />
      {isPhone && (
        <button type="button" class="button button-plain" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <Icon name="search" size={16} />
          <span>{t.filters}</span>
        </button>
      )}
      <div class="filter-fields" hidden={isPhone && !isOpen}>
        <AppPicker
          label={t.fields.app}
          list={list}
          app={query.get('app') ? app : null}
          all={t.allApps}
          onChange={(app) => setQuery({ app })}
        />
        {TEXTS.map((name) => (
          <Delayed
            key={name}
            label={labels[name]}
            placeholder={hints[name] ?? ''}
            value={query.get(name) ?? ''}
            onChange={(value) => setQuery({ [name]: value })}
          />
        ))}
        <div class="filter-reset">
          <Button
            kind="quiet"
            icon="close"
            disabled={!isFiltered}
            onClick={() => setQuery(Object.fromEntries([...TEXTS, 'kind', 'app'].map((name) => [name, null])))}
          >
            {t.reset}
          </Button>
        </div>
      </div>
    </section>
  );
}

function Kinds({ chosen }: { chosen: string[] }) {
  const t = useText(liveTexts);
  const { groups } = useText(kindTexts);
  const toggle = (group: Group) => {
    const others = chosen.filter((name) => name !== group);
    const next = others.length === chosen.length ? [...chosen, group] : others;
    setQuery({ kind: next.length === groupNames.length ? null : next.join() });
  };
  return (
    <div class="chips" role="group" aria-label={t.kinds}>
      {groupNames.map((group) => {
        const isOn = chosen.includes(group);
        return (
          <button
            key={group}
            type="button"
            class={isOn ? 'chip chip-on' : 'chip'}
            aria-pressed={isOn}
            onClick={() => toggle(group)}
          >
            {groups[group]}
          </button>
        );
      })}
    </div>
  );
}

interface DelayedProps {
  label: string;
  placeholder: string;
  value: string;
  onChange: (value: string) => void;
}

/** A field that reports its value after a pause in typing. */
function Delayed({ label, placeholder, value, onChange }: DelayedProps) {
  const [typed, type] = useDelayed(value, onChange);
  return (
    <TextField
      label={label}
      placeholder={placeholder}
      value={typed}
      type="search"
      onChange={type}
    />
  );
}
