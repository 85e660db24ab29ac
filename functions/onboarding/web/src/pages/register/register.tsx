import { useLocation } from 'preact-iso';
import { useState } from 'preact/hooks';
import { bodyOf, server } from '../../api/client';
import { Refused } from '../../api/problem';
import { routes } from '../../app/routes';
import { begin } from '../../app/session';
import { submitting, useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { Check, Field } from '../../ui/field';
import { Trouble } from '../../ui/notice';
import { Page } from '../../ui/page';
import { PasswordField } from '../../ui/password';
import { ContinueWithStrava } from '../../ui/strava';

/** Opens an account. */
export function RegisterPage() {
  const { route } = useLocation();
  const [accepted, setAccepted] = useState(false);
  const registering = useAction(async (values: FormData) => {
    const person = await bodyOf(server.POST('/v1/accounts', {
      body: { email: String(values.get('email')), password: String(values.get('password')), accept_terms: values.has('accept_terms') },
    }));
    begin(person);
    route(routes.welcome);
  });
  const wrong = (field: string) => (registering.error instanceof Refused ? registering.error.field(field) : undefined);
  return (
    <Page title="Create an account" narrow>
      <form class="card stack" onSubmit={submitting(registering.run)}>
        <Field label="E-mail" name="email" type="email" autocomplete="email" required maxLength={254} hint="To sign in, and to reach you about your account. Nothing else is sent." wrong={wrong('email')} />
        <PasswordField fresh hint="At least 8 characters. A few words in a row are easy to remember and hard to guess." wrong={wrong('password')} />
        <Check
          name="accept_terms" required wrong={wrong('accept_terms')} onChange={(event) => setAccepted(event.currentTarget.checked)}
          label={(
            <>
              I accept the <a href={routes.terms} target="_blank">terms</a> and the <a href={routes.privacy} target="_blank">privacy notice</a>,
              and agree to the <a href={routes.healthData} target="_blank">use of my heart-rate data</a> to compute my training load.
            </>
          )}
        />
        <Trouble error={registering.error} />
        <Button busy={registering.busy} wide>Register</Button>
        {accepted && <><p class="small muted">Or without a password:</p><ContinueWithStrava acceptTerms>Continue with Strava</ContinueWithStrava></>}
        <p class="small muted">Have an account? <a href={routes.signIn}>Sign in</a></p>
      </form>
    </Page>
  );
}
