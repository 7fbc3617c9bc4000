import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import { useText } from '../core/locale';
import { IconButton } from './button';
import { common } from './common-texts';

interface Props {
  title: ComponentChildren;
  onClose: () => void;
  children: ComponentChildren;
  /** `sheet`: at the side, or from below on a phone. */
  kind?: 'dialog' | 'sheet';
}

/** A modal dialog. The browser keeps the focus inside, closes it on Escape, and gives the focus back. */
export function Dialog({ title, onClose, children, kind = 'dialog' }: Props) {
  const t = useText(common);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class={kind}
      aria-labelledby="dialog-title"
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div class="dialog-body">
        <header class="dialog-head">
          <h2 id="dialog-title">{title}</h2>
          <IconButton icon="close" label={t.close} onClick={onClose} />
        </header>
        {children}
      </div>
    </dialog>
  );
}
