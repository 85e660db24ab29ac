import { useState } from 'preact/hooks';
import { server, type Schemas } from '../../api/client';
import { useConsents, useOnboarding, useSync } from '../../api/queries';
import { routes } from '../../app/routes';
import { day } from '../../format/date';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { Trouble } from '../../ui/notice';
import { Loaded } from '../../ui/state';
import { Kept } from './kept';

type Agreement = Schemas['Agreement'];

const texts: Record<Agreement['document'], string> = { terms: routes.terms, privacy: routes.privacy, health_data: routes.healthData };

/** What the athlete agreed to: to be read again, given, and taken back where that can be done by itself. */
export function Agreements() {
  const consents = useConsents();
  return (
    <section class="card stack" id="agreements">
      <h2>Agreements</h2>
      <Loaded from={consents} heights={[4, 4, 4]}>
        {({ documents }) => <>{documents.map((one) => <One key={one.document} agreement={one} reload={consents.reload} />)}</>}
      </Loaded>
    </section>
  );
}

function One({ agreement, reload }: { agreement: Agreement; reload: () => Promise<void> }) {
  const { document, title, version, accepted_version: accepted, accepted_at: at, withdrawable } = agreement;
  const [withdrawing, setWithdrawing] = useState(false);
  const agreeing = useAction(async () => {
    await server.PUT('/v1/consents/{document}', { params: { path: { document } }, body: { version } });
    await reload();
  });
  const due = accepted !== version;
  return (
    <Kept
      name={title}
      more={<>{accepted && at ? `Agreed to on ${day(at.slice(0, 10))}, version ${accepted}.` : 'Not agreed to.'} {accepted && due && 'The text has changed since. '}<a href={texts[document]}>Read it</a></>}
      actions={<>
        {due && <Button type="button" kind="quiet" small busy={agreeing.busy} aria-label={`Agree: ${title}`} onClick={() => void agreeing.run()}>Agree</Button>}
        {accepted && withdrawable && <Button type="button" kind="quiet" small aria-label={`Take back: ${title}`} onClick={() => setWithdrawing(true)}>Take back</Button>}
      </>}
    >
      <Trouble error={agreeing.error} />
      {withdrawing && <Withdraw agreement={agreement} onClose={() => setWithdrawing(false)} reload={reload} />}
    </Kept>
  );
}

function Withdraw({ agreement: { document, title }, onClose, reload }: { agreement: Agreement; onClose: () => void; reload: () => Promise<void> }) {
  const sync = useSync();
  const onboarding = useOnboarding();
  const withdrawing = useAction(async () => {
    await server.DELETE('/v1/consents/{document}', { params: { path: { document } } });
    await Promise.all([reload(), sync.reload(), onboarding.reload()]);
    onClose();
  });
  return (
    <Dialog title={`Take back: ${title}?`} onClose={onClose} actions={<><Button type="button" kind="quiet" onClick={onClose}>Keep it</Button><Button type="button" kind="danger" busy={withdrawing.busy} onClick={() => void withdrawing.run()}>Take it back and erase</Button></>}>
      <p>Without it no activity may be read: the connection to Strava ends, and everything that came from there is erased. Your account and what you told us yourself stay. You may agree and connect again later.</p>
      <Trouble error={withdrawing.error} />
    </Dialog>
  );
}
