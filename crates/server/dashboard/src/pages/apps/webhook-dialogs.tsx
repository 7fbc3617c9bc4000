import { useRef, useState } from 'preact/hooks';

import { useAction } from '../../core/action';
import { faultOf, useFirstWrong } from '../../core/first-wrong';
import { patch, path, post, remove } from '../../core/api';
import { useText } from '../../core/locale';
import { reasonText } from '../../core/messages';
import type { Webhook } from '../../core/types';
import { Button } from '../../ui/button';
import { common } from '../../ui/common-texts';
import { Dialog } from '../../ui/dialog';
import { AreaField, Switch, TextField } from '../../ui/form';
import { RefusalNote } from '../../ui/page';
import { linesOf } from './fields';
import { headersAfter, HeadersField, parsedHeaders } from './webhook-headers';
import { WEBHOOK_EVENTS, webhookTexts } from './webhook-texts';

interface Props {
  app: string;
  /** `null`: a new one. */
  webhook: Webhook | null;
  onClose: () => void;
}

export function WebhookDialog({ app, webhook, onClose }: Props) {
  const t = useText(webhookTexts);
  const c = useText(common);
  const [url, setUrl] = useState(webhook?.url ?? '');
  const [events, setEvents] = useState<string[]>(webhook?.events ?? []);
  const [channels, setChannels] = useState(webhook?.channels.join('\n') ?? '');
  const [headerText, setHeaderText] = useState('');
  const [secret, setSecret] = useState('');
  const [isEnabled, setEnabled] = useState(webhook?.enabled ?? true);
  const present = Object.keys(webhook?.headers ?? {});
  const [kept, setKept] = useState(present);
  const typed = parsedHeaders(headerText);

  const areHeadersChanged = headerText.trim() !== '' || kept.length < present.length;

  const save = useAction(() => {
    const body = {
      // Parts of a URL that are secret are shown as `…`, which no field accepts.
      ...(url !== webhook?.url && { url }),
      events,
      channels: linesOf(channels),
      enabled: isEnabled,
      ...(areHeadersChanged && { headers: headersAfter(kept, typed ?? {}) }),
      ...(secret !== '' && { secret }),
    };
    if (webhook) return patch(path(['apps', app, 'webhooks', webhook.id]), body);
    return post(path(['apps', app, 'webhooks']), body);
  });
  const form = useRef<HTMLFormElement>(null);
  useFirstWrong(form, save.refusal);
  const problem = (name: string) => {
    const fault = faultOf(save.refusal, name);
    return fault && reasonText(fault);
  };

  return (
    <Dialog title={webhook ? t.editTitle : t.add} onClose={onClose}>
      <form
        ref={form}
        onSubmit={(event) => {
          event.preventDefault();
          void save.run().then((done) => done && onClose());
        }}
      >
        <TextField label={t.url} value={url} onChange={setUrl} problem={problem('url')} mono required />
        <fieldset class="checks-set">
          <legend>{t.events}</legend>
          <p class="hint">{t.eventsHint}</p>
          {WEBHOOK_EVENTS.map((name) => (
            <label key={name} class="mono">
              <input
                type="checkbox"
                checked={events.includes(name)}
                onChange={(event) =>
                  setEvents(event.currentTarget.checked ? [...events, name] : events.filter((other) => other !== name))
                }
              />
              {name}
            </label>
          ))}
        </fieldset>
        <AreaField
          label={t.channels}
          hint={t.channelsHint}
          value={channels}
          onChange={setChannels}
          problem={problem('channels')}
          rows={2}
        />
        <HeadersField
          present={present}
          kept={kept}
          onKept={setKept}
          text={headerText}
          onText={setHeaderText}
          problem={typed === null ? t.headersWrong : problem('headers')}
        />
        <TextField
          label={t.secret}
          hint={webhook?.secret ? t.secretKept : t.secretHint}
          value={secret}
          onChange={setSecret}
          problem={problem('secret')}
          type="password"
          autocomplete="new-password"
        />
        <Switch label={t.enabled} checked={isEnabled} onChange={setEnabled} />
        {save.refusal && <RefusalNote refusal={save.refusal} />}
        <div class="actions">
          <Button kind="primary" type="submit" disabled={save.isBusy || url === '' || typed === null}>
            {webhook ? c.save : t.add}
          </Button>
          <Button onClick={onClose}>{c.cancel}</Button>
        </div>
      </form>
    </Dialog>
  );
}

export function RemoveWebhookDialog({ app, webhook, onClose }: Props & { webhook: Webhook }) {
  const t = useText(webhookTexts);
  const c = useText(common);
  const action = useAction(() => remove(path(['apps', app, 'webhooks', webhook.id])));
  return (
    <Dialog title={t.removeTitle} onClose={onClose}>
      <p class="mono strong">{webhook.url}</p>
      <p>{t.removeText}</p>
      {action.refusal && <RefusalNote refusal={action.refusal} />}
      <div class="actions">
        <Button kind="danger" disabled={action.isBusy} onClick={() => void action.run().then((done) => done && onClose())}>
          {c.remove}
        </Button>
        <Button onClick={onClose}>{c.cancel}</Button>
      </div>
    </Dialog>
  );
}
