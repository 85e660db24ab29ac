import { useLocation } from 'preact-iso';
import { useState } from 'preact/hooks';
import { bodyOf, server } from '../../api/client';
import { routes } from '../../app/routes';
import { begin, wasSignedIn } from '../../app/session';
import { submitting, useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { Field } from '../../ui/field';
import { Notice, Trouble } from '../../ui/notice';
import { Page } from '../../ui/page';

/** Signs in, and leads back to where a session ended. */
export function SignInPage() {
  const { route } = useLocation();
  const [returning] = useState(wasSignedIn);
  const signingIn = useAction(async (values: FormData) => {
    const person = await bodyOf(server.POST('/v1/session', {
      body: { email: String(values.get('email')), password: String(values.get('password')) },
    }));
    route(begin(person));
  });
  return (
    <Page title="Sign in" narrow>
      {returning && <Notice kind="info">Please sign in to go on; you come back to where you were.</Notice>}
      <form class="card stack" onSubmit={submitting(signingIn.run)}>
        <Field label="E-mail" name="email" type="email" autocomplete="username" required maxLength={254} />
        <Field label="Password" name="password" type="password" autocomplete="current-password" required maxLength={128} />
        <Trouble error={signingIn.error} />
        <Button busy={signingIn.busy} wide>Sign in</Button>
        <p class="small muted">New here? <a href={routes.register}>Create an account</a></p>
      </form>
    </Page>
  );
}
