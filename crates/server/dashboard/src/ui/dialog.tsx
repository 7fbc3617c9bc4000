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

/**
 * A modal dialog. The browser gives its first control the focus, keeps the focus inside, closes the dialog on Escape,
 * and gives the focus back. The button that closes it comes last, so that a form begins with its first field.
 */
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
        <h2 class="dialog-title" id="dialog-title">
          {title}
        </h2>
        {children}
        <div class="dialog-close">
          <IconButton icon="close" label={t.close} onClick={onClose} />
        </div>
      </div>
    </dialog>
  );
}
