import type { ComponentChildren } from 'preact';
import type { Resource } from '../api/resource';
import { Unreachable } from '../api/problem';
import { Trouble } from './notice';

/** Holds the place of what is still coming; `heights` are its blocks' in rem. */
export function Skeleton({ heights = [1.5] }: { heights?: number[] }) {
  return (
    <div class="stack" aria-busy="true">
      <span class="hidden" role="status">Loading</span>
      {heights.map((height, i) => <div key={i} class="skeleton" style={{ height: `${height}rem` }} aria-hidden="true" />)}
    </div>
  );
}

/** Says why there is nothing to see, and what brings something. */
export function Empty({ title, children, actions }: { title: string; children: ComponentChildren; actions?: ComponentChildren }) {
  return (
    <div class="card empty">
      <h2>{title}</h2>
      <p>{children}</p>
      {actions && <div class="row">{actions}</div>}
    </div>
  );
}

interface LoadedProps<T> {
  from: Resource<T>;
  /** The blocks that hold the place, in rem. */
  heights?: number[];
  children: (data: T) => ComponentChildren;
}

/**
 * Shows what was asked for: its place while it comes, what it says, and beside it why it is not the newest. That no answer comes
 * is told once, above every page.
 */
export function Loaded<T>({ from, heights, children }: LoadedProps<T>) {
  if (from.data === undefined) {
    return from.error ? <Trouble error={from.error} retry={() => void from.reload()} /> : <Skeleton heights={heights} />;
  }
  return (
    <>
      {from.error !== undefined && !(from.error instanceof Unreachable) && <Trouble error={from.error} retry={() => void from.reload()} />}
      {children(from.data)}
    </>
  );
}
