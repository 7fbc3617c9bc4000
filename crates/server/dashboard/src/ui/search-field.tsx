import { useEffect, useId, useRef, useState } from 'preact/hooks';

import { Icon } from './icon';

const TYPING_MS = 250;

interface Props {
  label: string;
  placeholder: string;
  value: string;
  onSearch: (value: string) => void;
}

/** Searches after a pause in typing. */
export function SearchField({ label, placeholder, value, onSearch }: Props) {
  const id = useId();
  const [typed, setTyped] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
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
        onInput={(event) => {
          const text = event.currentTarget.value;
          setTyped(text);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => onSearch(text.trim()), TYPING_MS);
        }}
      />
    </div>
  );
}
