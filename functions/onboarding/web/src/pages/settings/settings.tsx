import { useState } from 'preact/hooks';
import { bodyOf, server, type Schemas } from '../../api/client';
import { useSettings, useSync } from '../../api/queries';
import type { Resource } from '../../api/resource';
import { ago } from '../../format/date';
import { submitting, useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { Select } from '../../ui/field';
import { Notice, Trouble } from '../../ui/notice';
import { Page } from '../../ui/page';
import { ProfileFields, profilePatch } from '../../ui/profile-fields';
import { Loaded } from '../../ui/state';
import { ConnectWithStrava } from '../../ui/strava';

/** What an athlete may change. */
export function SettingsPage() {
  const settings = useSettings();
  return (
    <Page title="Settings">
      <Loaded from={settings} heights={[30, 8]}>{(known) => <Profile settings={known} reload={settings.reload} />}</Loaded>
      <Strava />
    </Page>
  );
}

function Profile({ settings, reload }: { settings: Schemas['Settings']; reload: () => Promise<void> }) {
  const [saved, setSaved] = useState(false);
  const saving = useAction(async (values: FormData) => {
    setSaved(false);
    await bodyOf(server.PATCH('/v1/settings', { body: { ...profilePatch(values), units: String(values.get('units')) } }));
    await reload();
    setSaved(true);
  });
  return (
    <form class="card stack narrow" onSubmit={submitting(saving.run)}>
      <h2>You</h2>
      <ProfileFields settings={settings} error={saving.error} />
      <Select label="Units" name="units" value={settings.units} options={[['metric', 'Kilometres and metres'], ['imperial', 'Miles and feet']]} />
      <Trouble error={saving.error} />
      {saved && <Notice kind="good">Saved.</Notice>}
      <Button busy={saving.busy}>Save</Button>
    </form>
  );
}

function Strava() {
  const sync = useSync();
  return (
    <section class="card stack narrow">
      <h2>Strava</h2>
      <Loaded from={sync} heights={[3]}>{(progress) => (progress.phase === 'idle'
        ? <div class="row"><ConnectWithStrava /></div>
        : <Connection sync={sync} progress={progress} />)}
      </Loaded>
    </section>
  );
}

function Connection({ sync, progress }: { sync: Resource<Schemas['SyncProgress']>; progress: Schemas['SyncProgress'] }) {
  const [asking, setAsking] = useState(false);
  const syncing = useAction(async () => {
    await bodyOf(server.POST('/v1/sync'));
    await sync.reload();
  });
  const leaving = useAction(async () => {
    await server.DELETE('/v1/strava');
    setAsking(false);
    await sync.reload();
  });
  return (
    <>
      {progress.phase === 'reconnect' && <Notice kind="warn" title="Strava no longer accepts the connection" actions={<ConnectWithStrava>Connect again</ConnectWithStrava>} />}
      <p>{progress.activities} activities{progress.synced_at ? `, synced ${ago(progress.synced_at)}` : ''}.</p>
      <Trouble error={syncing.error} />
      <div class="row">
        <Button kind="quiet" busy={syncing.busy} onClick={() => void syncing.run()}>Sync now</Button>
        <Button kind="danger" onClick={() => setAsking(true)}>Disconnect Strava</Button>
      </div>
      {asking && (
        <Dialog
          title="Disconnect Strava?" onClose={() => setAsking(false)}
          actions={<>
            <Button kind="quiet" onClick={() => setAsking(false)}>Keep it</Button>
            <Button kind="danger" busy={leaving.busy} onClick={() => void leaving.run()}>Disconnect and erase</Button>
          </>}
        >
          <p>Everything that came from Strava is erased: activities, samples and the load computed from them. What you told us yourself stays.</p>
          <Trouble error={leaving.error} />
        </Dialog>
      )}
    </>
  );
}
