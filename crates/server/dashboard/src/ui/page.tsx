import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';

import type { Refusal } from '../core/api';
import { useText } from '../core/locale';
import type { Resource } from '../core/resource';
import { useCanChange, useServer } from '../core/session';
import type { Scope } from '../core/types';
import { Button } from './button';
import { common } from './common-texts';
import { Icon, type IconName } from './icon';
import { Reason } from './reason';
import { Time } from './values';

interface PageProps {
  title: string;
  /** One sentence below the title. */
  about?: ComponentChildren;
  scope?: Scope | null | undefined;
  actions?: ComponentChildren;
  /** Where the page leads back to. */
  back?: { link: string; label: string };
  children: ComponentChildren;
  wide?: boolean;
}

export function Page({ title, about, scope, actions, back, children }: PageProps) {
  const t = useText(common);
  const canChange = useCanChange();
  useEffect(() => {
    document.title = `${title} · Clairon`;
  }, [title]);
  return (
    <>
      <header class="page-head">
        <div class="page-title">
          {back && (
            <a class="back" href={back.link}>
              <Icon name="back" size={14} />
              {back.label}
            </a>
          )}
          <h1 tabIndex={-1}>{title}</h1>
          {scope && <ScopeTag scope={scope} />}
          {!canChange && (
            <span class="tag" title={t.readOnly}>
              {t.viewer}
            </span>
          )}
          {about && <p class="about">{about}</p>}
        </div>
        {actions && <div class="page-actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}

/** Which nodes a page covers. A lone server needs no such tag. */
export function ScopeTag({ scope }: { scope: Scope }) {
  const t = useText(common);
  const server = useServer();
  if (!server?.cluster) return null;
  return (
    <span class="tag" title={t.scopeTitle}>
      {'nodes' in scope ? t.allNodes : t.thisNode(scope.node)}
    </span>
  );
}

interface CardProps {
  title?: ComponentChildren;
  actions?: ComponentChildren;
  children: ComponentChildren;
  flush?: boolean;
  label?: string;
}

export function Card({ title, actions, children, flush, label }: CardProps) {
  return (
    <section class={flush ? 'card card-flush' : 'card'} aria-label={label}>
      {(title || actions) && (
        <div class="card-head">
          {title && <h2>{title}</h2>}
          {actions && <div class="card-actions">{actions}</div>}
        </div>
      )}
      {children}
    </section>
  );
}

interface EmptyProps {
  icon: IconName;
  title: string;
  children?: ComponentChildren;
  action?: ComponentChildren;
}

/** In place of data that is not there: why, and what to do. */
export function Empty({ icon, title, children, action }: EmptyProps) {
  return (
    <div class="empty">
      <span class="empty-icon">
        <Icon name={icon} size={22} />
      </span>
      <p class="empty-title">{title}</p>
      {children && <div class="empty-text">{children}</div>}
      {action && <div class="empty-action">{action}</div>}
    </div>
  );
}

interface NoteProps {
  tone: 'good' | 'bad' | 'warn' | 'info';
  children: ComponentChildren;
}

const NOTE_ICONS = { good: 'check', bad: 'error', warn: 'warning', info: 'info' } as const;

/** A message. It is read aloud when it appears. */
export function Note({ tone, children }: NoteProps) {
  return (
    <div class={`note note-${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <Icon name={NOTE_ICONS[tone]} size={18} />
      <div>{children}</div>
    </div>
  );
}

/** True for a refusal that a later request may not get. */
const mayPass = ({ status }: Refusal) => status === 0 || status === 429 || status >= 500;

interface RefusalNoteProps {
  refusal: Refusal;
  retry?: () => void;
  /** The time from which what the page shows is. */
  shownFrom?: string | null;
}

/** A refusal in words. Of several faults each is a line. */
export function RefusalNote({ refusal, retry, shownFrom }: RefusalNoteProps) {
  const t = useText(common);
  return (
    <Note tone="bad">
      <p>{refusal.status === 0 ? t.unreachable : t.refused(refusal.status)}</p>
      {refusal.faults.length <= 1 ? (
        refusal.message && (
          <p>
            <Reason text={refusal.message} />
          </p>
        )
      ) : (
        <ul>
          {refusal.faults.map((fault) => (
            <li key={fault.pointer + fault.detail}>
              <Reason text={fault.detail} />
            </li>
          ))}
        </ul>
      )}
      {shownFrom && (
        <p>
          {t.shownFrom} <Time value={shownFrom} as="clock" />
        </p>
      )}
      {retry && mayPass(refusal) && (
        <Button small onClick={retry}>
          {t.retry}
        </Button>
      )}
    </Note>
  );
}

/** Why a resource has no answer now, and from when what the page shows of it is. */
export function ResourceNote({ of: { refusal, reload, at } }: { of: Resource<unknown> }) {
  return refusal && <RefusalNote refusal={refusal} retry={reload} shownFrom={at} />;
}

export function Loading() {
  return <p class="loading">{useText(common).loading}</p>;
}
