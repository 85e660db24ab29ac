import type { InputHTMLAttributes } from 'preact';
import { useState } from 'preact/hooks';
import { Labelled } from './field';

interface Props {
  label?: string;
  name?: string;
  /** A password to be made up, not one to be remembered. */
  fresh?: boolean;
  hint?: string;
  wrong?: string;
}

/** A password, which may be looked at while it is typed. */
export function PasswordField({ label = 'Password', name = 'password', fresh, hint, wrong }: Props) {
  const [shown, setShown] = useState(false);
  return (
    <Labelled label={label} hint={hint} wrong={wrong}>
      {(control) => (
        <div class="password">
          <input
            {...({
              ...control, name, type: shown ? 'text' : 'password', required: true, minLength: fresh ? 8 : undefined, maxLength: 128,
              autocomplete: fresh ? 'new-password' : 'current-password', autocapitalize: 'none', spellcheck: false,
            } as InputHTMLAttributes<HTMLInputElement>)}
          />
          <button type="button" class="link small" aria-pressed={shown} onClick={() => setShown(!shown)}>{shown ? 'Hide' : 'Show'}</button>
        </div>
      )}
    </Labelled>
  );
}
