import type { ComponentChildren } from 'preact';

import { Icon, type IconName } from './icon';

interface Props {
  children: ComponentChildren;
  onClick?: (() => void) | undefined;
  kind?: 'primary' | 'plain' | 'quiet' | 'danger';
  icon?: IconName | undefined;
  type?: 'button' | 'submit';
  disabled?: boolean | undefined;
  title?: string | undefined;
  small?: boolean;
  /** The name, if the text alone does not say enough. */
  label?: string;
}

export function Button({ children, onClick, kind = 'plain', icon, type = 'button', disabled, title, small, label }: Props) {
  const sizes = small ? ' button-small' : '';
  return (
    <button type={type} class={`button button-${kind}${sizes}`} onClick={onClick} disabled={disabled} title={title} aria-label={label}>
      {icon && <Icon name={icon} size={16} />}
      <span>{children}</span>
    </button>
  );
}

/** A button that shows an icon only. `label` is its name. */
export function IconButton(props: { icon: IconName; label: string; onClick: () => void; pressed?: boolean }) {
  const { icon, label, onClick, pressed } = props;
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} aria-pressed={pressed} onClick={onClick}>
      <Icon name={icon} size={18} />
    </button>
  );
}
