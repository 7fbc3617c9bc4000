import { useId } from 'preact/hooks';

import { useDelayed } from '../core/delayed';
import { Icon } from './icon';

interface Props {
  label: string;
  placeholder: string;
  value: string;
  onSearch: (value: string) => void;
}

/** Searches after a pause in typing. */
export function SearchField({ label, placeholder, value, onSearch }: Props) {
  const id = useId();
  const [typed, type] = useDelayed(value, onSearch);
  return (
    <div class="search">
      <label class="visually-hidden" for={id}>
        {label}
      </label>
      <Icon name="search" size={16} />
      <input
        id={id}
        class="input"
        type="search"
        placeholder={placeholder}
        value={typed}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => type(event.currentTarget.value)}
      />
    </div>
  );
}
