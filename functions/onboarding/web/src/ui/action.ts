import { useCallback, useRef, useState } from 'preact/hooks';

export interface Action<A extends unknown[]> {
  run: (...args: A) => Promise<void>;
  busy: boolean;
  /** Why the newest attempt failed. */
  error: unknown;
  /** Takes a failure off the page. */
  clear: () => void;
}

/** What a person sets off: one at a time, with the reason kept when it fails. */
export function useAction<A extends unknown[]>(work: (...args: A) => Promise<unknown>): Action<A> {
  const [state, setState] = useState<{ busy: boolean; error?: unknown }>({ busy: false });
  const latest = useRef(work);
  latest.current = work;
  const running = useRef(false);
  const run = useCallback(async (...args: A) => {
    if (running.current) return;
    running.current = true;
    setState({ busy: true });
    let error: unknown;
    try {
      await latest.current(...args);
    } catch (failure) {
      error = failure;
    }
    running.current = false;
    setState({ busy: false, error });
  }, []);
  return { run, ...state, error: state.error, clear: () => setState({ busy: false }) };
}

/** Handles a form's submission with its values. */
export const submitting = (work: (values: FormData) => void) => (event: SubmitEvent) => {
  event.preventDefault();
  work(new FormData(event.currentTarget as HTMLFormElement));
};
