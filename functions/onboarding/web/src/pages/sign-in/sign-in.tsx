import { useLocation } from 'preact-iso';
import { useState } from 'preact/hooks';
import { bodyOf, server } from '../../api/client';
import { Refused } from '../../api/problem';
import { routes } from '../../app/routes';
import { begin, wasSignedIn } from '../../app/session';
import { submitting, useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { Field } from '../../ui/field';
import { Notice, Trouble } from '../../ui/notice';
import { Page } from '../../ui/page';
import { PasswordField } from '../../ui/password';
import { ContinueWithStrava } from '../../ui/strava';
import { secondFactorOf } from './second-factor';

/** Signs in, with the second factor where the account has one, and leads back to where a session ended. */
export function SignInPage() {
  const { route } = useLocation();
  const [returning] = useState(wasSignedIn);
  const [coded, setCoded] = useState(false);
  const signingIn = useAction(async (values: FormData) => {
    const code = String(values.get('code') ?? '').replaceAll(/\s/g, '');
    try {
      const body = { email: String(values.get('email')), password: String(values.get('password')), ...(code && { code }) };
      route(begin(await bodyOf(server.POST('/v1/session', { body }))));
    } catch (error) {
      if (secondFactorOf(error)) setCoded(true);
      if (secondFactorOf(error) !== 'needed') throw error;
    }
  });
  const { error } = signingIn;
  const wrongCode = secondFactorOf(error) === 'wrong';
  return (
    <Page title="Sign in" narrow>
      {returning && <Notice kind="info">Please sign in to go on; you come back to where you were.</Notice>}
      <form class="card stack" onSubmit={submitting(signingIn.run)}>
        <Field label="E-mail" name="email" type="email" autocomplete="username" required maxLength={254} />
        <PasswordField />
        {coded && (
          <Field
            label="Code" name="code" autocomplete="one-time-code" required focused maxLength={32}
            hint="The six digits that your authenticator app shows now, or one of your recovery codes."
            wrong={wrongCode && error instanceof Refused ? error.detail : undefined}
          />
        )}
        {!wrongCode && <Trouble error={error} />}
        <Button busy={signingIn.busy} wide>Sign in</Button>
        <ContinueWithStrava>Sign in with Strava</ContinueWithStrava>
        <div class="row apart small muted">
          <a href={routes.reset}>Forgot your password?</a>
          <span>New here? <a href={routes.register}>Create an account</a></span>
        </div>
      </form>
    </Page>
  );
}
