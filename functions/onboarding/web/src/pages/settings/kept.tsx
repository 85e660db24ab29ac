import type { ComponentChildren } from 'preact';

interface Props {
  name: string;
  more: ComponentChildren;
  actions?: ComponentChildren;
  children?: ComponentChildren;
}

/** One thing that is kept, what can be done about it, and below it what came of that. */
export function Kept({ name, more, actions, children }: Props) {
  return (
    <div class="kept">
      <div><h3>{name}</h3><p class="small muted">{more}</p></div>
      <div class="row">{actions}</div>
      <div class="outcome">{children}</div>
    </div>
  );
}
