import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

interface Props {
  title: string;
  /** Stands beside the heading. */
  aside?: ComponentChildren;
  /** For forms and texts, which read better in a narrow column. */
  narrow?: boolean;
  children: ComponentChildren;
}

let opened = false;

/** A page: its title in the window, its heading focused when one comes from another page, so that it is read out. */
export function Page({ title, aside, narrow, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => {
    document.title = `${title} · Train-D`;
    if (opened) heading.current?.focus({ preventScroll: true });
    opened = true;
  }, [title]);
  return (
    <div class={narrow ? 'stack narrow' : 'stack'}>
      <div class="row apart">
        <h1 ref={heading} tabIndex={-1}>{title}</h1>
        {aside}
      </div>
      {children}
    </div>
  );
}
