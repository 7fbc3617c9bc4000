import { useState } from 'preact/hooks';

import { Refusal } from './api';

export interface Action<T> {
  /** Resolves with true when it is done, with false when it was refused. */
  run: () => Promise<boolean>;
  isBusy: boolean;
  isDone: boolean;
  result: T | null;
  refusal: Refusal | null;
  reset: () => void;
}

type State<T> = { isBusy: boolean; isDone: boolean; result: T | null; refusal: Refusal | null };

const idle = { isBusy: false, isDone: false, result: null, refusal: null };

/** A request that a press of a button makes, with what came of it. */
export function useAction<T>(act: () => Promise<T>): Action<T> {
  const [state, setState] = useState<State<T>>(idle);
  const run = async () => {
    setState({ ...idle, isBusy: true });
    try {
      setState({ ...idle, isDone: true, result: await act() });
      return true;
    } catch (error) {
      setState({ ...idle, refusal: error instanceof Refusal ? error : new Refusal(0, String(error)) });
      return false;
    }
  };
  return { ...state, run, reset: () => setState(idle) };
}
