import type { ButtonHTMLAttributes, ComponentChildren } from 'preact';

interface Props extends Omit<ButtonHTMLAttributes, 'class' | 'disabled'> {
  kind?: 'quiet' | 'danger';
  small?: boolean;
  wide?: boolean;
  /** Its work is under way: it keeps its place and focus and does nothing more. */
  busy?: boolean;
  children: ComponentChildren;
}

/** A button; inside a form it submits unless told otherwise. */
export function Button({ kind, small, wide, busy, onClick, children, ...rest }: Props) {
  const classes = ['button', kind, small && 'small', wide && 'wide'].filter(Boolean).join(' ');
  return (
    <button
      {...rest}
      class={classes}
      aria-busy={busy}
      aria-disabled={busy}
      onClick={(event) => (busy ? event.preventDefault() : onClick?.(event))}
    >
      {children}
    </button>
  );
}

interface LinkProps {
  href: string;
  kind?: 'quiet';
  small?: boolean;
  children: ComponentChildren;
}

/** A link that looks like a button. */
export function ButtonLink({ href, kind, small, children }: LinkProps) {
  return <a href={href} class={['button', kind, small && 'small'].filter(Boolean).join(' ')}>{children}</a>;
}
