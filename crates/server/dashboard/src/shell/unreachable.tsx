import { useEffect } from 'preact/hooks';

import type { Refusal } from '../core/api';
import { useText } from '../core/locale';
import { loadSession } from '../core/session';
import { Mark } from '../ui/icon';
import { RefusalNote } from '../ui/page';
import { shellTexts } from './texts';

/** No session can be had: the server is away, or the dashboard is off (404). */
export function Unreachable({ refusal }: { refusal: Refusal }) {
  const t = useText(shellTexts);
  useEffect(() => {
    const timer = setInterval(() => void loadSession(), 3000);
    return () => clearInterval(timer);
  }, []);
  const isOff = refusal.status === 404;
  return (
    <main class="gate">
      <div class="gate-card">
        <Mark size={40} />
        <h1>{isOff ? t.off : t.lost}</h1>
        <p class="about">{isOff ? t.offText : t.lostText}</p>
        <RefusalNote refusal={refusal} />
      </div>
    </main>
  );
}
