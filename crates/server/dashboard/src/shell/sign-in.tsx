import { useEffect, useState } from 'preact/hooks';

import { Refusal } from '../core/api';
import { useText } from '../core/locale';
import { go, useRoute } from '../core/route';
import { signIn } from '../core/session';
import { Button } from '../ui/button';
import { Choice, TextField } from '../ui/form';
import { Mark } from '../ui/icon';
import { Note, RefusalNote } from '../ui/page';
import { Preferences } from './preferences';
import { signInTexts } from './texts';

type Method = 'password' | 'token';

export function SignIn({ methods, expired }: { methods: string[]; expired: boolean }) {
  const t = useText(signInTexts);
  const { path, query } = useRoute();
  const typed = (['password', 'token'] as const).filter((method) => methods.includes(method));
  const [method, setMethod] = useState<Method>(typed[0] ?? 'password');
  const [secret, setSecret] = useState('');
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [isBusy, setBusy] = useState(false);
  const link = path[0] === 'sign-in' ? query.get('link') : null;

  useEffect(() => {
    document.title = `${t.title} · Clairon`;
  }, [t]);

  const attempt = async (method: string, secret: string) => {
    setBusy(true);
    setRefusal(null);
    try {
      await signIn(method, secret);
      if (path[0] === 'sign-in') go(['overview']);
    } catch (error) {
      setRefusal(error instanceof Refusal ? error : new Refusal(0, String(error)));
    } finally {
      setBusy(false);
    }
  };

  // A link is good once, so it leaves the address bar before it is used.
  useEffect(() => {
    if (link === null) return;
    go(['sign-in']);
    void attempt('link', link);
  }, [link]);

  return (
    <main class="gate">
      <form
        class="gate-card"
        onSubmit={(event) => {
          event.preventDefault();
          void attempt(method, secret);
        }}
      >
        <Mark size={44} />
        <h1>{t.title}</h1>
        <p class="about">{t.about}</p>
        {expired && !refusal && <Note tone="info">{t.expired}</Note>}
        {typed.length > 1 && (
          <Choice<Method>
            label={t.with}
            value={method}
            options={typed.map((value) => ({ value, label: t[value] }))}
            onChange={setMethod}
          />
        )}
        {typed.length > 0 ? (
          <>
            <TextField
              label={t[method]}
              hint={method === 'password' ? t.passwordHint : t.tokenHint}
              type="password"
              autocomplete="current-password"
              value={secret}
              onChange={setSecret}
              required
            />
            <Button kind="primary" type="submit" disabled={isBusy || secret === ''}>
              {t.submit}
            </Button>
          </>
        ) : (
          <Note tone="info">{methods.includes('link') ? t.linkOnly : t.none}</Note>
        )}
        {refusal && <Failure refusal={refusal} wasLink={secret === ''} />}
      </form>
      <Preferences />
    </main>
  );
}

function Failure({ refusal, wasLink }: { refusal: Refusal; wasLink: boolean }) {
  const t = useText(signInTexts);
  if (refusal.status === 401) return <Note tone="bad">{wasLink ? t.linkFailed : t.wrong}</Note>;
  if (refusal.status === 429) return <Note tone="bad">{t.wait(refusal.retryAfter ?? 60)}</Note>;
  return <RefusalNote refusal={refusal} />;
}
