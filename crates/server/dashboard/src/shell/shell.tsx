import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { useText } from '../core/locale';
import { href, useRoute } from '../core/route';
import { signOut, useCanChange, useServer } from '../core/session';
import { IconButton } from '../ui/button';
import { Dialog } from '../ui/dialog';
import { Icon, Mark } from '../ui/icon';
import { pages, pageTitles, type PageName } from './pages';
import { Preferences } from './preferences';
import { shellTexts } from './texts';

/** The pages that the bar of a phone shows; the others are behind "More". */
const IN_BAR: PageName[] = ['overview', 'live', 'channels', 'connections'];

/** The navigation around a page: at the side, or on a phone at the bottom. */
export function Shell({ current, children }: { current: PageName; children: ComponentChildren }) {
  const t = useText(shellTexts);
  const main = useRef<HTMLElement>(null);
  const [isMoreOpen, setMoreOpen] = useState(false);
  const isFirst = useRef(true);
  const { path } = useRoute();
  const place = path.join('/');

  // A new page begins at its top, and screen readers read its heading.
  useEffect(() => {
    setMoreOpen(false);
    if (isFirst.current) {
      isFirst.current = false;
      return;
    }
    scrollTo(0, 0);
    main.current?.querySelector('h1')?.focus({ preventScroll: true });
  }, [place]);

  return (
    <div class="shell">
      <button type="button" class="skip" onClick={() => main.current?.querySelector('h1')?.focus()}>
        {t.skip}
      </button>
      <header class="side">
        <a class="brand" href={href(['overview'])}>
          <Mark />
          <span>Clairon</span>
        </a>
        <nav aria-label={t.navigation}>
          <Links current={current} names={pages.map((page) => page.name)} />
        </nav>
        <div class="side-foot">
          <Preferences />
          <Account />
        </div>
      </header>
      <main ref={main} class={`page page-${current}`}>
        {children}
      </main>
      <nav class="bar" aria-label={t.navigation}>
        <Links current={current} names={IN_BAR} />
        <button
          type="button"
          class={IN_BAR.includes(current) ? 'nav-link' : 'nav-link nav-on'}
          aria-expanded={isMoreOpen}
          onClick={() => setMoreOpen(true)}
        >
          <Icon name="more" />
          <span>{t.more}</span>
        </button>
      </nav>
      {isMoreOpen && (
        <Dialog title={t.more} kind="sheet" onClose={() => setMoreOpen(false)}>
          <nav class="more" aria-label={t.more}>
            <Links current={current} names={pages.map((page) => page.name).filter((name) => !IN_BAR.includes(name))} />
          </nav>
          <div class="more-foot">
            <Preferences />
            <Account />
          </div>
        </Dialog>
      )}
    </div>
  );
}

function Links({ current, names }: { current: PageName; names: PageName[] }) {
  const titles = useText(pageTitles);
  const { query } = useRoute();
  return (
    <>
      {pages
        .filter((page) => names.includes(page.name))
        .map(({ name, icon }) => (
          <a
            key={name}
            class={name === current ? 'nav-link nav-on' : 'nav-link'}
            href={href([name], { app: query.get('app') })}
            aria-current={name === current ? 'page' : undefined}
          >
            <Icon name={icon} />
            <span>{titles[name]}</span>
          </a>
        ))}
    </>
  );
}

function Account() {
  const t = useText(shellTexts);
  const server = useServer();
  const isAdmin = useCanChange();
  return (
    <div class="account">
      <div>
        <strong>{isAdmin ? t.admin : t.viewer}</strong>
        {server && (
          <span class="account-server" title={`${t.node} ${server.node}`}>
            Clairon {server.version}
          </span>
        )}
      </div>
      <IconButton icon="out" label={t.signOut} onClick={() => void signOut()} />
    </div>
  );
}

