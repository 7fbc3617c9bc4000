import { useState } from 'preact/hooks';

import { path, post, remove } from '../../core/api';
import { useText } from '../../core/locale';
import { useAction } from '../../core/action';
import { Button } from '../../ui/button';
import { common } from '../../ui/common-texts';
import { Dialog } from '../../ui/dialog';
import { AreaField, Select, Switch, TextField } from '../../ui/form';
import { JsonHint } from '../../ui/json-hint';
import { Note, RefusalNote } from '../../ui/page';
import { connectionTexts } from './texts';

interface Props {
  app: string;
  id: string;
  onClose: () => void;
}

export function DisconnectDialog({ app, id, onClose }: Props) {
  const t = useText(connectionTexts);
  const c = useText(common);
  const [mayReconnect, setMayReconnect] = useState(true);
  const action = useAction(() => remove(path(['apps', app, 'connections', id]) + `?reconnect=${mayReconnect}`));
  return (
    <Dialog title={t.disconnectTitle} onClose={onClose}>
      <p class="mono strong">{id}</p>
      <p>{t.disconnectText}</p>
      <Switch label={t.reconnect} hint={t.reconnectHint} checked={mayReconnect} onChange={setMayReconnect} />
      {action.refusal && <RefusalNote refusal={action.refusal} />}
      <div class="actions">
        <Button kind="danger" disabled={action.isBusy} onClick={() => void action.run().then((done) => done && onClose())}>
          {t.disconnect}
        </Button>
        <Button onClick={onClose}>{c.cancel}</Button>
      </div>
    </Dialog>
  );
}

export function SendDialog({ app, id, channels, onClose }: Props & { channels: string[] }) {
  const t = useText(connectionTexts);
  const c = useText(common);
  const [name, setName] = useState('');
  const [data, setData] = useState('{}');
  const [channel, setChannel] = useState('');
  const body = { name, data, ...(channel && { channel }) };
  const action = useAction(() => post(path(['apps', app, 'connections', id, 'events']), body));
  return (
    <Dialog title={t.sendTitle} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void action.run();
        }}
      >
        <p class="mono strong">{id}</p>
        <TextField label={t.event} value={name} onChange={setName} mono required />
        <Select
          label={t.channel}
          value={channel}
          options={[{ value: '', label: c.none }, ...channels.map((value) => ({ value, label: value }))]}
          onChange={setChannel}
        />
        <AreaField label={t.data} hint={<JsonHint text={data} />} value={data} onChange={setData} rows={5} />
        {action.refusal && <RefusalNote refusal={action.refusal} />}
        {action.isDone && <Note tone="good">{t.sent}</Note>}
        <div class="actions">
          <Button kind="primary" type="submit" disabled={action.isBusy || name === ''}>
            {t.send}
          </Button>
          <Button onClick={onClose}>{c.close}</Button>
        </div>
      </form>
    </Dialog>
  );
}
