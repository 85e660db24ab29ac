import type { ComponentChildren } from 'preact';
import { Refused, sentenceOf } from '../api/problem';
import { Button } from './button';

interface Props {
  kind: 'info' | 'good' | 'warn' | 'bad';
  title?: ComponentChildren;
  children?: ComponentChildren;
  /** What may be done about it. */
  actions?: ComponentChildren;
}

/** Something that a person should know; what went wrong is read out at once, the rest when there is time. */
export function Notice({ kind, title, children, actions }: Props) {
  return (
    <div class={`notice ${kind}`} role={kind === 'bad' ? 'alert' : 'status'}>
      {title && <div class="title">{title}</div>}
      {children && <div class="body">{children}</div>}
      {actions && <div class="row">{actions}</div>}
    </div>
  );
}

/** A failure in words, with what a field's own place does not show already. */
export function Trouble({ error, retry }: { error: unknown; retry?: () => void }) {
  if (!error) return null;
  return (
    <Notice kind="bad" actions={retry && <Button kind="quiet" small onClick={retry}>Try again</Button>}>
      {error instanceof Refused && error.fields.length > 0
        ? <>Please look at what is marked: {error.fields.map(({ location, message }) => `${location.split('.').at(-1)!.replaceAll('_', ' ')} ${message}`).join('; ')}.</>
        : sentenceOf(error)}
    </Notice>
  );
}
