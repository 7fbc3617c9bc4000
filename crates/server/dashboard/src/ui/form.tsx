import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface FieldProps {
  label: string;
  hideLabel?: boolean;
  hint?: ComponentChildren;
  problem?: string | null | undefined;
  children: (ids: { id: string; 'aria-describedby': string | undefined; 'aria-invalid': boolean | undefined }) => ComponentChildren;
}

/** A label, a control, a hint and what is wrong. */
export function Field({ label, hideLabel, hint, problem, children }: FieldProps) {
  const id = useId();
  const described = problem || hint ? `${id}-hint` : undefined;
  return (
    <div class="field">
      <label for={id} class={hideLabel ? 'visually-hidden' : undefined}>
        {label}
      </label>
      {children({ id, 'aria-describedby': described, 'aria-invalid': problem ? true : undefined })}
      {described && (
        <p class={problem ? 'hint hint-bad' : 'hint'} id={described}>
          {problem || hint}
        </p>
      )}
    </div>
  );
}

interface TextProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  hint?: ComponentChildren;
  problem?: string | null | undefined;
  placeholder?: string;
  type?: 'text' | 'search' | 'password' | 'number' | 'url';
  mono?: boolean;
  required?: boolean;
  disabled?: boolean | undefined;
  autocomplete?: string;
  min?: number | undefined;
  max?: number | undefined;
  name?: string;
}

export function TextField({ label, value, onChange, hint, problem, type = 'text', mono, ...rest }: TextProps) {
  return (
    <Field label={label} hint={hint} problem={problem}>
      {(ids) => (
        <input
          {...ids}
          {...rest}
          // The types of Preact have a form for each value of `type`, not for a union.
          type={type as 'text'}
          class={mono ? 'input mono' : 'input'}
          value={value}
          spellcheck={false}
          autocomplete={rest.autocomplete ?? 'off'}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

export function AreaField(props: TextProps & { rows?: number }) {
  const { label, value, onChange, hint, problem, rows = 8, placeholder, disabled } = props;
  return (
    <Field label={label} hint={hint} problem={problem}>
      {(ids) => (
        <textarea
          {...ids}
          class="input mono"
          rows={rows}
          value={value}
          placeholder={placeholder}
          disabled={disabled}
          spellcheck={false}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

interface SelectProps<T extends string> {
  label: string;
  value: T;
  options: { value: T; label: string }[];
  onChange: (value: T) => void;
  hideLabel?: boolean;
}

export function Select<T extends string>({ label, value, options, onChange, hideLabel = false }: SelectProps<T>) {
  return (
    <Field label={label} hideLabel={hideLabel}>
      {({ id }) => (
        <select id={id} class="input" value={value} onChange={(event) => onChange(event.currentTarget.value as T)}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  options: { value: T; label: ComponentChildren; name?: string }[];
  onChange: (value: T) => void;
}

/** A few choices side by side, of which one is made. */
export function Choice<T extends string>({ label, value, options, onChange }: ChoiceProps<T>) {
  const name = useId();
  return (
    <fieldset class="choice">
      <legend class="visually-hidden">{label}</legend>
      {options.map((option) => (
        <label key={option.value} class={option.value === value ? 'choice-on' : undefined} title={option.name}>
          <input
            type="radio"
            class="visually-hidden"
            name={name}
            value={option.value}
            checked={option.value === value}
            aria-label={option.name}
            onChange={() => onChange(option.value)}
          />
          <span>{option.label}</span>
        </label>
      ))}
    </fieldset>
  );
}

interface SwitchProps {
  label: string;
  hint?: string;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}

export function Switch({ label, hint, checked, disabled, onChange }: SwitchProps) {
  const id = useId();
  return (
    <div class="switch">
      <input
        type="checkbox"
        role="switch"
        id={id}
        checked={checked}
        disabled={disabled}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <div>
        <label for={id}>{label}</label>
        {hint && (
          <p class="hint" id={`${id}-hint`}>
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}
