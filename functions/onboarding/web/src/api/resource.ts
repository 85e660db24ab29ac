import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { Unreachable } from './problem';

export interface Resource<T> {
  /** The newest answer; it stays while another is asked for, and when that fails. */
  data: T | undefined;
  /** Why the newest attempt failed. */
  error: unknown;
  /** Nothing has come yet, neither an answer nor a failure. */
  loading: boolean;
  /** Asks again; resolves when the answer is there. */
  reload: () => Promise<void>;
}

interface Options<T> {
  /** Milliseconds until the next question; undefined for none. */
  every?: (data: T | undefined) => number | undefined;
  /** Another version asks again, and shows the answer from before until then. */
  version?: string;
}

/** The newest answers, so that a page that is opened again shows something at once. */
const answers = new Map<string, unknown>();

/** Drops every answer: they were another person's. */
export const forgetAnswers = () => answers.clear();

/**
 * Asks for something and keeps it current. `key` names what is asked for: another key is another thing, undefined asks for
 * nothing. A hidden page asks nothing; one that is seen or online again asks at once.
 */
export function useResource<T>(key: string | undefined, load: () => Promise<T>, { every, version }: Options<T> = {}): Resource<T> {
  const [outcome, setOutcome] = useState<{ key?: string; error?: unknown; at: number }>({ at: 0 });
  const latest = useRef({ key, load });
  latest.current = { key, load };

  const reload = useCallback(async () => {
    const asked = latest.current.key;
    if (asked === undefined) return;
    let error: unknown;
    try {
      answers.set(asked, await latest.current.load());
    } catch (failure) {
      error = failure;
    }
    if (latest.current.key === asked) setOutcome({ key: asked, error, at: performance.now() });
  }, []);

  useEffect(() => void reload(), [key, version]);

  const data = key === undefined ? undefined : (answers.get(key) as T | undefined);
  const settled = outcome.key === key;
  const wait = settled && outcome.error instanceof Unreachable ? 5000 : every?.(data);
  useEffect(() => {
    if (!settled || key === undefined) return;
    const again = () => document.visibilityState === 'visible' && void reload();
    const timer = wait === undefined ? undefined : setTimeout(again, wait);
    if (wait !== undefined) document.addEventListener('visibilitychange', again);
    addEventListener('online', again);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', again);
      removeEventListener('online', again);
    };
  }, [outcome, wait]);

  return { data, error: settled ? outcome.error : undefined, loading: key !== undefined && data === undefined && !settled, reload };
}
