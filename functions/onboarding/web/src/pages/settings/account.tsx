import { useLocation } from 'preact-iso';
import { useState } from 'preact/hooks';
import { bodyOf, server, type Schemas } from '../../api/client';
import { routes } from '../../app/routes';
import { forget } from '../../app/session';
import { momentUTC } from '../../format/date';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { Check } from '../../ui/field';
import { useGuarded } from '../../ui/guarded';
import { Trouble } from '../../ui/notice';
import { save } from '../../ui/save';
import { Kept } from './kept';

/** The account itself: taking everything along, and ending it. */
export function Account() {
  return (
    <section class="card stack" id="account">
      <h2>Account</h2>
      <Export />
      <Erase />
    </section>
  );
}

function Export() {
  const fetching = useGuarded(async () => {
    save(await bodyOf(server.GET('/v1/account/export', { parseAs: 'blob' })) as unknown as Blob, 'train-d-export.zip');
  });
  return (
    <Kept
      name="Take everything along" more="All that is held about you, as tables and texts in one zip."
      actions={<Button type="button" kind="quiet" small busy={fetching.busy} onClick={() => void fetching.run()}>Export</Button>}
    >
      <Trouble error={fetching.error} />
      {fetching.question}
    </Kept>
  );
}

function Erase() {
  const [asking, setAsking] = useState(false);
  const [sure, setSure] = useState(false);
  const [missed, setMissed] = useState(false);
  const [receipt, setReceipt] = useState<Schemas['Erasing']>();
  const erasing = useGuarded(async () => setReceipt(await bodyOf(server.DELETE('/v1/account', { body: { confirm: 'erase' } }))));
  return (
    <Kept
      name="Erase this account" more="Ends it at once and erases everything within a day. There is no way back."
      actions={<Button type="button" kind="danger" small onClick={() => setAsking(true)}>Erase …</Button>}
    >
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
          <Trouble error={erasing.error} />
          {erasing.question}
        </Dialog>
      )}
      {receipt && <Ended receipt={receipt} />}
    </Kept>
  );
}

function Ended({ receipt }: { receipt: Schemas['Erasing'] }) {
  const { route } = useLocation();
  const address = `${routes.erased}#${receipt.receipt}`;
  const follow = (event: MouseEvent) => {
    event.preventDefault();
    route(address); // first: a page that asks for an account would lead to signing in
    forget();
  };
  return (
    <Dialog title="Your account is ended" onClose={forget} actions={<Button type="button" onClick={forget}>Leave</Button>}>
      <p>Everything is erased by {momentUTC(receipt.due_by)} at the latest. <a href={address} onClick={follow}>See how far it is</a>, or keep that link: it holds your receipt and nothing about you.</p>
    </Dialog>
  );
}
