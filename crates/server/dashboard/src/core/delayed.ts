import { useEffect, useRef, useState } from 'preact/hooks';

/** A pause in typing after which a text is reported. */
const TYPING_MS = 250;

/**
 * What is typed in a field that reports its text after a pause in typing, without the spaces around it. A `value` from
 * elsewhere, such as a reset, replaces what is typed; one that the field has reported does not, because more may have been
 * typed meanwhile.
 */
export function useDelayed(value: string, report: (value: string) => void): [string, (text: string) => void] {
  const [typed, setTyped] = useState(value);
  const reported = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    if (value === reported.current) return;
    reported.current = value;
    clearTimeout(timer.current);
    setTyped(value);
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const type = (text: string) => {
    setTyped(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      reported.current = text.trim();
      report(reported.current);
    }, TYPING_MS);
  };
  return [typed, type];
}
