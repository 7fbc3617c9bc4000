import { texts, useText } from '../core/locale';
import { Card, Empty } from './page';

const unknownTexts = texts({
  en: {
    title: 'There is no such app',
    text: 'It may have been deleted. Choose another one.',
    all: 'All apps',
  },
  fr: {
    title: 'Cette application n’existe pas',
    text: 'Elle a peut-être été supprimée. Choisissez-en une autre.',
    all: 'Toutes les applications',
  },
});

/** In place of an app that a link names and that does not exist. `link` leads to all apps. */
export function UnknownApp({ link }: { link: string }) {
  const t = useText(unknownTexts);
  return (
    <Card>
      <Empty
        icon="apps"
        title={t.title}
        action={
          <a class="button button-primary" href={link}>
            {t.all}
          </a>
        }
      >
        <p>{t.text}</p>
      </Empty>
    </Card>
  );
}
