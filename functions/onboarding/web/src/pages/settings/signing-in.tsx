import { useState, type Dispatch, type StateUpdater } from 'preact/hooks';
import { server } from '../../api/client';
import { Refused } from '../../api/problem';
import { recallSession, who } from '../../app/session';
import { submitting, useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { Field } from '../../ui/field';
import { useGuarded } from '../../ui/guarded';
import { Notice, Trouble } from '../../ui/notice';
import { PasswordField } from '../../ui/password';
import { Kept } from './kept';
import { SecondFactor } from './second-factor';
import { Sessions } from './sessions';

/** What lets in, and where one is: address, password, second factor, sessions. */
export function SigningIn() {
  return (
    <section class="card stack" id="signing-in">
      <h2>Signing in</h2>
      <Email />
      <Password />
      <SecondFactor />
      <Sessions />
    </section>
  );
}

function Email() {
  const { email, email_verified: verified } = who.value ?? {};
  const [sentTo, setSentTo] = useState('');
  const [changing, setChanging] = useState(false);
  const asking = useAction(async () => {
    await server.POST('/v1/email-verifications');
    setSentTo(email ?? '');
  });
  return (
    <Kept
      name="E-mail" more={<>{email ?? 'None is known.'} {email && <span class={verified ? 'tag good' : 'tag warn'}>{verified ? 'confirmed' : 'not confirmed'}</span>}</>}
      actions={<>
        {email && !verified && !sentTo && <Button type="button" kind="quiet" small busy={asking.busy} onClick={() => void asking.run()}>Send the link again</Button>}
        <Button type="button" kind="quiet" small aria-label={`${email ? 'Change' : 'Give one'}: E-mail`} onClick={() => setChanging(true)}>{email ? 'Change' : 'Give one'}</Button>
      </>}
    >
      <Trouble error={asking.error} />
      {sentTo && <Notice kind="good" title="A mail is on its way">Follow the link in it to confirm {sentTo}. {sentTo !== email && 'Until then your address stays what it is.'}</Notice>}
      {changing && <ChangeEmail onClose={() => setChanging(false)} onSent={setSentTo} />}
    </Kept>
  );
}

function ChangeEmail({ onClose, onSent }: { onClose: () => void; onSent: Dispatch<StateUpdater<string>> }) {
  const changing = useGuarded(async (values: FormData) => {
    const email = String(values.get('email'));
    await server.PUT('/v1/account/email', { body: { email } });
    onSent(email);
    onClose();
  });
  const wrong = changing.error instanceof Refused ? changing.error.field('email') : undefined;
  return (
    <Dialog title="Another e-mail address" onClose={onClose} actions={<><Button type="button" kind="quiet" onClick={onClose}>Cancel</Button><Button form="email" busy={changing.busy}>Send the link</Button></>}>
      <form id="email" class="stack" onSubmit={submitting(changing.run)}>
        <Field label="New e-mail" name="email" type="email" autocomplete="email" required maxLength={254} hint="A link is sent there. The address is yours once you have followed it." wrong={wrong} />
        {!wrong && <Trouble error={changing.error} />}
      </form>
      {changing.question}
    </Dialog>
  );
}

function Password() {
  const hasPassword = who.value?.has_password;
  const [changing, setChanging] = useState(false);
  const [changed, setChanged] = useState(false);
  return (
    <Kept
      name="Password" more={hasPassword ? 'Another one signs you out everywhere else.' : 'None: you sign in with Strava.'}
      actions={<Button type="button" kind="quiet" small aria-label={`${hasPassword ? 'Change' : 'Set one'}: Password`} onClick={() => setChanging(true)}>{hasPassword ? 'Change' : 'Set one'}</Button>}
    >
      {changed && <Notice kind="good" title="Your password is changed">Every other device is signed out.</Notice>}
      {changing && <ChangePassword onClose={() => setChanging(false)} onChanged={() => setChanged(true)} />}
    </Kept>
  );
}

function ChangePassword({ onClose, onChanged }: { onClose: () => void; onChanged: () => void }) {
  const changing = useGuarded(async (values: FormData) => {
    await server.PUT('/v1/account/password', { body: { new_password: String(values.get('new_password')) } });
    onChanged();
    onClose();
    await recallSession();
  });
  const wrong = changing.error instanceof Refused ? changing.error.field('new_password') : undefined;
  return (
    <Dialog title="Another password" onClose={onClose} actions={<><Button type="button" kind="quiet" onClick={onClose}>Cancel</Button><Button form="password" busy={changing.busy}>Change it</Button></>}>
      <form id="password" class="stack" onSubmit={submitting(changing.run)}>
        <PasswordField label="New password" name="new_password" fresh hint="At least 8 characters. A few words in a row are easy to remember and hard to guess." wrong={wrong} />
        {!wrong && <Trouble error={changing.error} />}
      </form>
      {changing.question}
    </Dialog>
  );
}
