import { useState } from 'preact/hooks';
import { server } from '../../api/client';
import { Refused } from '../../api/problem';
import { routes } from '../../app/routes';
import { forget, who } from '../../app/session';
import { submitting, useAction } from '../../ui/action';
import { Button, ButtonLink } from '../../ui/button';
import { Field } from '../../ui/field';
import { Notice, Trouble } from '../../ui/notice';
import { Page } from '../../ui/page';
import { PasswordField } from '../../ui/password';
import { tokenOf } from './token';

/** A forgotten password: asks for a mail, or, opened by the mail's link, for the new password. */
export function ResetPage() {
  const [token] = useState(() => tokenOf(location.hash));
  return token ? <NewPassword token={token} /> : <AskForMail />;
}

function AskForMail() {
  const [sentTo, setSentTo] = useState('');
  const asking = useAction(async (values: FormData) => {
    const email = String(values.get('email'));
    await server.POST('/v1/password-resets', { body: { email } });
    setSentTo(email);
  });
  if (sentTo) {
    return (
      <Page title="Look into your mail" narrow>
        <Notice kind="good" title="A mail is on its way">
          If {sentTo} belongs to an account, a link to choose a new password arrives there within a minute or two. It works once.
        </Notice>
        <p class="small muted">Nothing came? Look among the unwanted mail, or <button type="button" class="link" onClick={() => setSentTo('')}>try another address</button>.</p>
      </Page>
    );
  }
  return (
    <Page title="Forgot your password?" narrow>
      <form class="card stack" onSubmit={submitting(asking.run)}>
        <p>Tell us your address and we send you a link to choose a new one.</p>
        <Field label="E-mail" name="email" type="email" autocomplete="username" required maxLength={254} />
        <Trouble error={asking.error} />
        <Button busy={asking.busy} wide>Send the link</Button>
        <p class="small muted"><a href={routes.signIn}>Back to signing in</a></p>
      </form>
    </Page>
  );
}

function NewPassword({ token }: { token: string }) {
  const [done, setDone] = useState(false);
  const choosing = useAction(async (values: FormData) => {
    await server.PUT('/v1/password-resets', { body: { token, new_password: String(values.get('new_password')) } });
    history.replaceState(null, '', routes.reset); // the link is used up
    if (who.peek()) forget(); // every session ended with the old password
    setDone(true);
  });
  if (done) {
    return (
      <Page title="Your password is changed" narrow>
        <Notice kind="good" title="Done" actions={<ButtonLink href={routes.signIn}>Sign in</ButtonLink>}>Every other device is signed out.</Notice>
      </Page>
    );
  }
  const { error } = choosing;
  const wrong = error instanceof Refused ? error.field('new_password') : undefined;
  const stale = error instanceof Refused && error.code === 'link';
  return (
    <Page title="Choose a new password" narrow>
      <form class="card stack" onSubmit={submitting(choosing.run)}>
        <PasswordField label="New password" name="new_password" fresh hint="At least 8 characters. A few words in a row are easy to remember and hard to guess." wrong={wrong} />
        {stale
          ? <Notice kind="warn" title="This link no longer works" actions={<ButtonLink kind="quiet" small href={routes.reset}>Ask for a new link</ButtonLink>}>It was used already, is too old, or a newer one was sent.</Notice>
          : <Trouble error={error} />}
        <Button busy={choosing.busy} wide>Change the password</Button>
      </form>
    </Page>
  );
}
