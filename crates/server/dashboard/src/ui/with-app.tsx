import type { ComponentChildren } from 'preact';

import { useApps } from '../core/apps';
import { texts, useText } from '../core/locale';
import { href } from '../core/route';
import type { AppEntry } from '../core/types';
import { AppPicker } from './app-picker';
import { common } from './common-texts';
import { Card, Empty, Loading, Page, RefusalNote } from './page';
import { UnknownApp } from './unknown-app';

const withAppTexts = texts({
  en: {
    none: 'No app yet',
    noneText: 'Clients and backends connect to an app. Create the first one.',
    create: 'Create an app',
  },
  fr: {
    none: 'Aucune application',
    noneText: 'Les clients et les backends se connectent à une application. Créez la première.',
    create: 'Créer une application',
  },
});

interface Props {
  title: string;
  about?: string;
  children: (app: AppEntry, picker: ComponentChildren) => ComponentChildren;
}

/** A page about one app. `picker` changes the app. */
export function WithApp({ title, about, children }: Props) {
  const t = useText(withAppTexts);
  const c = useText(common);
  const { list, app, isUnknown, choose, refusal } = useApps();
  if (app) {
    const picker = <AppPicker label={c.app} hideLabel list={list} app={app} onChange={choose} />;
    return <>{children(app, picker)}</>;
  }
  return (
    <Page title={title} about={about}>
      {list === null ? (
        refusal ? (
          <RefusalNote refusal={refusal} />
        ) : (
          <Loading />
        )
      ) : isUnknown ? (
        <UnknownApp link={href(['apps'])} />
      ) : (
        <Card>
          <Empty
            icon="apps"
            title={t.none}
            action={
              <a class="button button-primary" href={href(['apps'], { create: '1' })}>
                {t.create}
              </a>
            }
          >
            <p>{t.noneText}</p>
          </Empty>
        </Card>
      )}
    </Page>
  );
}
