import { useState } from 'preact/hooks';
import { bodyOf, server, type Schemas } from '../../api/client';
import { Refused } from '../../api/problem';
import { forget, who } from '../../app/session';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { Check } from '../../ui/field';
import { Notice, Trouble } from '../../ui/notice';

/** The account itself: its address, taking everything along, and ending it. */
export function Account() {
  return (
    <section class="card stack" id="account">
      <h2>Account</h2>
      <p>Signed in as <strong>{who.value?.email}</strong>.</p>
      <Export />
      <Erase />
    </section>
  );
}

function Export() {
  const fetching = useAction(async () => {
    const archive = await bodyOf(server.GET('/v1/account/export', { parseAs: 'blob' }));
    const link = document.createElement('a');
    link.href = URL.createObjectURL(archive as unknown as Blob);
    link.download = 'train-d-export.zip';
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  });
  return (
    <div class="kept">
      <div><h3>Take everything along</h3><p class="small muted">All that is held about you, as tables and texts in one zip.</p></div>
      <Button type="button" kind="quiet" small busy={fetching.busy} onClick={() => void fetching.run()}>Export</Button>
      <Failure error={fetching.error} />
    </div>
  );
}

function Erase() {
  const [asking, setAsking] = useState(false);
  const [sure, setSure] = useState(false);
  const [missed, setMissed] = useState(false);
  const [receipt, setReceipt] = useState<Schemas['Erasing']>();
  const erasing = useAction(async () => setReceipt(await bodyOf(server.DELETE('/v1/account', { body: { confirm: 'erase' } }))));
  return (
    <div class="kept">
      <div><h3>Erase this account</h3><p class="small muted">Ends it at once and erases everything within a day. There is no way back.</p></div>
      <Button type="button" kind="danger" small onClick={() => setAsking(true)}>Erase …</Button>
      {asking && !receipt && (
        <Dialog
          title="Erase this account and everything in it?" onClose={() => setAsking(false)}
          actions={<>
            <Button type="button" kind="quiet" onClick={() => setAsking(false)}>Keep it</Button>
            <Button type="button" kind="danger" busy={erasing.busy} onClick={() => (sure ? void erasing.run() : setMissed(true))}>Erase everything</Button>
          </>}
        >
          <p>Your profile, thresholds, activities, samples and load are erased, Strava is disconnected, and you are signed out everywhere. What stands at Strava itself stays there.</p>
          <Check label="I know that this cannot be undone." name="sure" wrong={missed && !sure ? 'Tick this first.' : undefined} onChange={(event) => setSure(event.currentTarget.checked)} />
          <Failure error={erasing.error} />
        </Dialog>
      )}
      {receipt && (
        <Dialog title="Your account is ended" onClose={forget} actions={<Button type="button" onClick={forget}>Leave</Button>}>
          <p>Everything is erased by {new Date(receipt.due_by).toISOString().slice(0, 16).replace('T', ' ')} UTC at the latest.</p>
          <p class="small muted">Receipt, without anything about you: <code>{receipt.receipt}</code></p>
        </Dialog>
      )}
    </div>
  );
}

/** Why it failed; where only the sign-in is too old, what to do about that. */
function Failure({ error }: { error: unknown }) {
  if (error instanceof Refused && error.status === 403 && error.code !== '') {
    return <Notice kind="info" title="Sign in again first">{error.detail}</Notice>;
  }
  return <Trouble error={error} />;
}
