import { useState } from 'preact/hooks';

import { useAction } from '../../core/action';
import { path, post, remove } from '../../core/api';
import { useText } from '../../core/locale';
import { go } from '../../core/route';
import type { AppView } from '../../core/types';
import { Button } from '../../ui/button';
import { common } from '../../ui/common-texts';
import { Dialog } from '../../ui/dialog';
import { TextField } from '../../ui/form';
import { RefusalNote } from '../../ui/page';
import { appTexts } from './texts';

interface Props {
  app: AppView;
  onClose: () => void;
}

export function DisableDialog({ app, onClose }: Props) {
  const t = useText(appTexts);
  const c = useText(common);
  const action = useAction(() => post(path(['apps', app.id, 'disable'])));
  return (
    <Dialog title={t.disableTitle} onClose={onClose}>
      <p>{t.disableText}</p>
      {action.refusal && <RefusalNote refusal={action.refusal} />}
      <div class="actions">
        <Button kind="danger" disabled={action.isBusy} onClick={() => void action.run().then((done) => done && onClose())}>
          {t.disable}
        </Button>
        <Button onClick={onClose}>{c.cancel}</Button>
      </div>
    </Dialog>
  );
}

export function DeleteDialog({ app, onClose }: Props) {
  const t = useText(appTexts);
  const c = useText(common);
  const [typed, setTyped] = useState('');
  const action = useAction(async () => {
    await remove(path(['apps', app.id]));
    go(['apps']);
  });
  return (
    <Dialog title={t.deleteTitle} onClose={onClose}>
      <p>{t.deleteText}</p>
      <p class="mono strong">{app.id}</p>
      <TextField label={t.deleteConfirm} value={typed} onChange={setTyped} mono />
      {action.refusal && <RefusalNote refusal={action.refusal} />}
      <div class="actions">
        <Button kind="danger" disabled={action.isBusy || typed.trim() !== app.id} onClick={() => void action.run()}>
          {t.delete}
        </Button>
        <Button onClick={onClose}>{c.cancel}</Button>
      </div>
    </Dialog>
  );
}
