import { useRef, useState } from 'preact/hooks';

import { useAction } from '../../core/action';
import { post } from '../../core/api';
import { faultOf, useFirstWrong } from '../../core/first-wrong';
import { useText } from '../../core/locale';
import { reasonText } from '../../core/messages';
import { go } from '../../core/route';
import type { AppView } from '../../core/types';
import { Button } from '../../ui/button';
import { common } from '../../ui/common-texts';
import { Dialog } from '../../ui/dialog';
import { AreaField, Switch, TextField } from '../../ui/form';
import { RefusalNote } from '../../ui/page';
import { linesOf } from './fields';
import { appTexts } from './texts';

export function CreateDialog({ onClose }: { onClose: () => void }) {
  const t = useText(appTexts);
  const c = useText(common);
  const [name, setName] = useState('');
  const [origins, setOrigins] = useState('');
  const [whispers, setWhispers] = useState(false);
  const body = { name, client_messages: whispers, allowed_origins: linesOf(origins) };
  const action = useAction(async () => {
    const app = await post<AppView>('apps', body);
    go(['apps', app.id], { tab: 'connect' });
  });
  const form = useRef<HTMLFormElement>(null);
  useFirstWrong(form, action.refusal);
  const problem = (field: string) => {
    const fault = faultOf(action.refusal, field);
    return fault && reasonText(fault);
  };
  return (
    <Dialog title={t.createTitle} onClose={onClose}>
      <form
        ref={form}
        onSubmit={(event) => {
          event.preventDefault();
          void action.run();
        }}
      >
        <TextField label={t.name} hint={t.nameHint} value={name} onChange={setName} problem={problem('name')} />
        <AreaField
          label={t.origins}
          hint={t.originsHint}
          value={origins}
          onChange={setOrigins}
          problem={problem('allowed_origins')}
          rows={3}
        />
        <Switch label={t.whispers} checked={whispers} onChange={setWhispers} />
        {action.refusal && <RefusalNote refusal={action.refusal} />}
        <div class="actions">
          <Button kind="primary" type="submit" disabled={action.isBusy}>
            {t.create}
          </Button>
          <Button onClick={onClose}>{c.cancel}</Button>
        </div>
      </form>
    </Dialog>
  );
}
