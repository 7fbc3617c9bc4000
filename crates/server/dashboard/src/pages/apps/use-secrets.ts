import { useEffect, useState } from 'preact/hooks';

import { useAction } from '../../core/action';
import { get, path } from '../../core/api';
import { useCanChange } from '../../core/session';
import type { AppView } from '../../core/types';

/** The secrets of an app by their keys: none until `reveal` is called, which the server logs. */
export function useSecrets(app: AppView) {
  const canReveal = useCanChange();
  const [isShown, setShown] = useState(false);
  const action = useAction(() => get<AppView>(path(['apps', app.id], { show_secret: true })));
  const secrets: Record<string, string> = {};
  if (isShown) for (const { key, secret } of action.result?.keys ?? []) if (secret) secrets[key] = secret;

  const keys = app.keys.map(({ key }) => key).join();
  useEffect(() => {
    setShown(false);
    action.reset();
  }, [app.id, keys]);

  return {
    secrets,
    isShown,
    canReveal,
    refusal: action.refusal,
    reveal: () => void action.run().then(setShown),
    hide: () => {
      setShown(false);
      action.reset();
    },
  };
}
