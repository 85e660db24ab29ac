import { useEffect, useState } from 'preact/hooks';
import { server } from '../../api/client';
import { Refused } from '../../api/problem';
import { routes } from '../../app/routes';
import { recallSession, who } from '../../app/session';
import { useAction } from '../../ui/action';
import { ButtonLink } from '../../ui/button';
import { Notice, Trouble } from '../../ui/notice';
import { Page } from '../../ui/page';
import { Skeleton } from '../../ui/state';
import { tokenOf } from './token';

/** Confirms an address by the link of a mail. */
export function VerifyPage() {
  const [token] = useState(() => tokenOf(location.hash));
  const [done, setDone] = useState(false);
  const confirming = useAction(async () => {
    await server.PUT('/v1/email-verifications', { body: { token } });
    history.replaceState(null, '', routes.verify); // the link is used up
    setDone(true);
    if (who.peek()) await recallSession();
  });
  useEffect(() => void (token && confirming.run()), []);
  const onward = <ButtonLink href={routes.today}>{who.value ? 'Go to Train-D' : 'Go to the first page'}</ButtonLink>;
  return (
    <Page title="Your e-mail address" narrow>
      {done ? <Notice kind="good" title="Your address is confirmed" actions={onward}>Thank you. Mail about your account reaches you there.</Notice>
        : !token || (confirming.error instanceof Refused && confirming.error.code === 'link')
          ? <Notice kind="warn" title="This link does not work" actions={onward}>It was used already, is too old, or a part of it got lost. A new one can be asked for in the settings.</Notice>
          : confirming.error ? <Trouble error={confirming.error} retry={() => void confirming.run()} />
            : <Skeleton heights={[5]} />}
    </Page>
  );
}
