import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import { server } from '../api/client';
import { Refused } from '../api/problem';
import { who } from '../app/session';
import { submitting, useAction, type Action } from './action';
import { Button } from './button';
import { Dialog } from './dialog';
import { Field } from './field';
import { Trouble } from './notice';
import { PasswordField } from './password';

interface Guarded<A extends unknown[]> extends Action<A> {
  /** Stands in the page: asks who one is where the server wants to know. */
  question: ComponentChildren;
}

/**
 * What the server does only for whoever proved lately who they are, such as to change a password: where that is too long ago,
 * the proof is asked for, and what was set off goes on.
 */
export function useGuarded<A extends unknown[]>(work: (...args: A) => Promise<unknown>): Guarded<A> {
  const [asked, setAsked] = useState<A>();
  const action = useAction(async (...args: A) => {
    try {
      await work(...args);
    } catch (error) {
      if (!(error instanceof Refused && error.code === 'confirmation-needed')) throw error;
      setAsked(args);
    }
  });
  const confirmed = (args: A) => {
    setAsked(undefined);
    void action.run(...args);
  };
  return { ...action, question: asked && <Confirm onClose={() => setAsked(undefined)} onConfirmed={() => confirmed(asked)} /> };
}

function Confirm({ onClose, onConfirmed }: { onClose: () => void; onConfirmed: () => void }) {
  const form = useId();
  const { has_password: hasPassword = false, second_factor: hasFactor = false } = who.value ?? {};
  const confirming = useAction(async (values: FormData) => {
    const text = (name: string) => String(values.get(name));
    await server.POST('/v1/session/confirmation', { body: { ...(hasPassword && { password: text('password') }), ...(hasFactor && { code: text('code') }) } });
    onConfirmed();
  });
  if (!hasPassword && !hasFactor) {
    return (
      <Dialog title="Sign in again first" onClose={onClose} actions={<Button type="button" onClick={onClose}>Close</Button>}>
        <p>You signed in a while ago, and this account has no password to ask for. Sign out, sign in again, and do it then.</p>
      </Dialog>
    );
  }
  return (
    <Dialog
      title="Is it you?" onClose={onClose}
      actions={<><Button type="button" kind="quiet" onClick={onClose}>Cancel</Button><Button form={form} busy={confirming.busy}>Confirm</Button></>}
    >
      <form id={form} class="stack" onSubmit={submitting(confirming.run)}>
        <p>You signed in a while ago. Whoever finds your device unlocked must not get at this, so please confirm; you are asked again after ten minutes at the earliest.</p>
        {hasPassword && <PasswordField />}
        {hasFactor && <Field label="Code" name="code" autocomplete="one-time-code" required maxLength={64} hint="Of your authenticator app, or one of your recovery codes." />}
        <Trouble error={confirming.error} />
      </form>
    </Dialog>
  );
}
