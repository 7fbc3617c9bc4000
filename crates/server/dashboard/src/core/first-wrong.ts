import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';

import type { Refusal } from './api';

/** Gives the first wrong field of a form the focus after a refusal. It may be far above the button that was pressed. */
export function useFirstWrong(form: RefObject<HTMLElement | null>, refusal: Refusal | null): void {
  useEffect(() => {
    if (refusal) form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [refusal]);
}

/** What a refusal says of a field of a request. */
export function faultOf(refusal: Refusal | null, field: string): string | null {
  const isOfField = ({ pointer }: { pointer: string }) => pointer === `#/${field}` || pointer.startsWith(`#/${field}/`);
  return refusal?.faults.find(isOfField)?.detail ?? null;
}
