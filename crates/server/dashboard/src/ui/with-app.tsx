import type { ComponentChildren } from 'preact';

import { useApps } from '../core/apps';
import { texts, useText } from '../core/locale';
import { href } from '../core/route';
import type { AppEntry } from '../core/types';
import { AppPicker } from './app-picker';
import { common } from './common-texts';
import { Card, Empty, Loading, Page, RefusalNote } from './page';

const withAppTexts = texts({
  en: {
    none: 'No app yet',
    noneText: 'Clients and backends connect to an app. Create the first one.',
    create: 'Create an app',
    unknown: 'There is no such app',
    unknownText: 'It may have been deleted. Choose another one.',
    list: 'All apps',
  },
  fr: {
    none: 'Aucune application',
    noneText: 'Les clients et les backends se connectent à une application. Créez la première.',
    create: 'Créer une application',
    unknown: 'Cette application n’existe pas',
    unknownText: 'Elle a peut-être été supprimée. Choisissez-en une autre.',
    list: 'Toutes les applications',
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
      ) : (
        <Card>
          <Empty
            icon="apps"
            title={isUnknown ? t.unknown : t.none}
            action={
              <a class="button button-primary" href={href(['apps'], isUnknown ? {} : { create: '1' })}>
                {isUnknown ? t.list : t.create}
              </a>
            }
          >
            <p>{isUnknown ? t.unknownText : t.noneText}</p>
          </Empty>
        </Card>
      )}
    </Page>
  );
}
