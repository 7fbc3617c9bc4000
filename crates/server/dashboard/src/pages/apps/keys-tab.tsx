import { useState } from 'preact/hooks';

import { useAction } from '../../core/action';
import { path, post, remove } from '../../core/api';
import { useFormats } from '../../core/format';
import { useText } from '../../core/locale';
import { useCanChange } from '../../core/session';
import type { KeyView } from '../../core/types';
import { Button } from '../../ui/button';
import { common } from '../../ui/common-texts';
import { Dialog } from '../../ui/dialog';
import { Card, Note, RefusalNote } from '../../ui/page';
import { CopyButton, Time } from '../../ui/values';
import type { TabProps } from './app-page';
import { keyTexts } from './texts';
import { useSecrets } from './use-secrets';

const HIDDEN = '••••••••••••';

export function KeysTab({ app, reload }: TabProps) {
  const t = useFormats(keyTexts);
  const c = useText(common);
  const canChange = useCanChange();
  const secrets = useSecrets(app);
  const [retiring, setRetiring] = useState<KeyView | null>(null);
  const rotate = useAction(() => post(path(['apps', app.id, 'keys'])));
  const readOnly = canChange ? undefined : c.readOnly;
  return (
    <Card
      title={t.keys}
      actions={
        <>
          <Button
            icon="eye"
            disabled={!secrets.canReveal}
            title={readOnly}
            onClick={secrets.isShown ? secrets.hide : secrets.reveal}
          >
            {secrets.isShown ? c.hide : c.reveal}
          </Button>
          <Button
            icon="plus"
            kind="primary"
            disabled={!canChange || rotate.isBusy}
            title={readOnly}
            onClick={() => void rotate.run().then(reload)}
          >
            {t.rotate}
          </Button>
        </>
      }
    >
      <p class="about">{t.about}</p>
      {secrets.isShown && <Note tone="info">{t.revealNote}</Note>}
      {secrets.refusal && <RefusalNote refusal={secrets.refusal} />}
      {rotate.refusal && <RefusalNote refusal={rotate.refusal} />}
      {rotate.isDone && <Note tone="good">{t.added}</Note>}
      <ul class="keys">
        {app.keys.map((key) => (
          <li key={key.key}>
            <dl class="key-facts">
              <div>
                <dt>{t.key}</dt>
                <dd class="mono">
                  {key.key} <CopyButton text={key.key} />
                </dd>
              </div>
              <div>
                <dt>{t.secret}</dt>
                <dd class="mono" data-secret={key.key}>
                  {secrets.secrets[key.key] ?? HIDDEN}{' '}
                  {secrets.secrets[key.key] && <CopyButton text={secrets.secrets[key.key]!} />}
                </dd>
              </div>
              <div>
                <dt>{t.created}</dt>
                <dd>
                  <Time value={key.created_at} />
                </dd>
              </div>
              <div>
                <dt>{t.used}</dt>
                <dd>{key.last_used_at ? <Time value={key.last_used_at} as="ago" /> : t.never}</dd>
              </div>
            </dl>
            <Button
              small
              kind="danger"
              disabled={!canChange || app.keys.length === 1}
              title={readOnly ?? (app.keys.length === 1 ? t.last : undefined)}
              onClick={() => {
                rotate.reset();
                setRetiring(key);
              }}
            >
              {t.retire}
            </Button>
          </li>
        ))}
      </ul>
      {retiring && (
        <RetireDialog
          app={app.id}
          retired={retiring.key}
          onClose={() => {
            setRetiring(null);
            reload();
          }}
        />
      )}
    </Card>
  );
}

function RetireDialog({ app, retired, onClose }: { app: string; retired: string; onClose: () => void }) {
  const t = useText(keyTexts);
  const c = useText(common);
  const action = useAction(() => remove(path(['apps', app, 'keys', retired])));
  return (
    <Dialog title={t.retireTitle} onClose={onClose}>
      <p class="mono strong">{retired}</p>
      <p>{t.retireText}</p>
      {action.refusal && <RefusalNote refusal={action.refusal} />}
      <div class="actions">
        <Button kind="danger" disabled={action.isBusy} onClick={() => void action.run().then((done) => done && onClose())}>
          {t.retire}
        </Button>
        <Button onClick={onClose}>{c.cancel}</Button>
      </div>
    </Dialog>
  );
}
