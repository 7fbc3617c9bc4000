import { useEffect, useRef, useState } from 'preact/hooks';

import { compact, useFormats } from '../../core/format';
import { Sparkline } from '../../ui/sparkline';
import { liveTexts } from './texts';
import type { Feed } from './use-feed';

const SECONDS = 60;

/** What arrived in each of the last seconds, together with what the server left out. */
export function RateStrip({ feed }: { feed: Feed }) {
  const t = useFormats(liveTexts);
  const [rates, setRates] = useState<number[]>(() => Array.from({ length: SECONDS }, () => 0));
  const total = useRef(0);
  const before = useRef<number | null>(null);
  total.current = feed.received + feed.missed;

  useEffect(() => {
    const timer = setInterval(() => {
      const now = total.current;
      const rate = before.current === null ? 0 : Math.max(0, now - before.current);
      before.current = now;
      setRates((rates) => [...rates.slice(1), rate]);
    }, 1000);
    return () => clearInterval(timer);
  }, []);

  return (
    <div class="rate">
      <Sparkline series={rates} />
      <p>
        <strong>{compact(rates[SECONDS - 1] ?? 0)}</strong> {t.perSecond}
      </p>
    </div>
  );
}
