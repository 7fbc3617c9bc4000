import { useState } from 'preact/hooks';

import { useAction } from '../../core/action';
import { path, post } from '../../core/api';
import { useText } from '../../core/locale';
import { href, useRoute } from '../../core/route';
import { useResource } from '../../core/resource';
import { useCanChange } from '../../core/session';
import type { AppView } from '../../core/types';
import { Button } from '../../ui/button';
import { common } from '../../ui/common-texts';
import { Loading, Page, RefusalNote } from '../../ui/page';
import { UnknownApp } from '../../ui/unknown-app';
import { Badge, CopyButton } from '../../ui/values';
import { ConnectTab } from './connect-tab';
import { DeleteDialog, DisableDialog } from './end-dialogs';
import { KeysTab } from './keys-tab';
import { SettingsTab } from './settings-tab';
import { appTexts } from './texts';
import { WebhooksTab } from './webhooks-tab';

const TABS = { settings: SettingsTab, keys: KeysTab, webhooks: WebhooksTab, connect: ConnectTab };

export interface TabProps {
  app: AppView;
  reload: () => void;
}

export function AppPage({ id }: { id: string }) {
  const t = useText(appTexts);
  const c = useText(common);
  const { query } = useRoute();
  const canChange = useCanChange();
  const { data: app, refusal, loading, reload } = useResource<AppView>(path(['apps', id]));
  const [dialog, setDialog] = useState<'disable' | 'delete' | null>(null);
  const enable = useAction(() => post(path(['apps', id, 'enable'])));
  const wanted = query.get('tab') ?? 'settings';
  const tab = (wanted in TABS ? wanted : 'settings') as keyof typeof TABS;
  const Tab = TABS[tab];
  const back = { link: href(['apps']), label: t.title };
  const readOnly = canChange ? undefined : c.readOnly;
  const close = () => {
    setDialog(null);
    reload();
  };

  if (!app) {
    return (
      <Page title={id} back={back}>
        {loading && <Loading />}
        {refusal?.status === 404 ? (
          <UnknownApp link={href(['apps'])} />
        ) : (
          refusal && <RefusalNote refusal={refusal} retry={reload} />
        )}
      </Page>
    );
  }
  return (
    <Page
      title={app.name || app.id}
      back={back}
      about={
        <span class="ids">
          <span class="mono">{app.id}</span>
          <CopyButton text={app.id} />
          {!app.enabled && <Badge tone="bad">{t.disabled}</Badge>}
        </span>
      }
      actions={
        <>
          {app.enabled ? (
            <Button disabled={!canChange} title={readOnly} onClick={() => setDialog('disable')}>
              {t.disable}
            </Button>
          ) : (
            <Button
              kind="primary"
              disabled={!canChange || enable.isBusy}
              title={readOnly}
              onClick={() => void enable.run().then(reload)}
            >
              {t.enable}
            </Button>
          )}
          <Button kind="danger" icon="trash" disabled={!canChange} title={readOnly} onClick={() => setDialog('delete')}>
            {t.delete}
          </Button>
        </>
      }
    >
      {enable.refusal && <RefusalNote refusal={enable.refusal} />}
      <nav class="tabs" aria-label={t.sections}>
        {Object.keys(TABS).map((name) => (
          <a key={name} href={href(['apps', id], { tab: name })} aria-current={name === tab ? 'page' : undefined}>
            {t.tabs[name]}
          </a>
        ))}
      </nav>
      <Tab app={app} reload={reload} />
      {dialog === 'disable' && <DisableDialog app={app} onClose={close} />}
      {dialog === 'delete' && <DeleteDialog app={app} onClose={close} />}
    </Page>
  );
}
