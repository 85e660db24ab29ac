import { useState } from 'preact/hooks';
import { bodyOf, server, type Schemas } from '../../api/client';
import { useSync } from '../../api/queries';
import type { Resource } from '../../api/resource';
import { ago, until } from '../../format/date';
import { count } from '../../format/number';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { ImportProgress } from '../../ui/import-progress';
import { Notice, Trouble } from '../../ui/notice';
import { Retry } from '../../ui/retry';
import { Loaded } from '../../ui/state';
import { ConnectWithStrava } from '../../ui/strava';

/** The connection with Strava: how it is, syncing now, what could not be read, and ending it. */
export function Strava() {
  const sync = useSync();
  return (
    <section class="card stack" id="strava">
      <h2>Strava</h2>
      <Loaded from={sync} heights={[3]}>{(progress) => (progress.phase === 'idle'
        ? <><p>Strava is not connected: no new activities come in.</p><div class="row"><ConnectWithStrava /></div></>
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
  const waiting = progress.waiting ?? [];
  return (
    <>
      {progress.phase === 'reconnect' && <Notice kind="warn" title="Strava no longer accepts the connection" actions={<ConnectWithStrava>Connect again</ConnectWithStrava>} />}
      {progress.phase === 'listing' || progress.phase === 'refining'
        ? <ImportProgress sync={progress} />
        : <p>{count(progress.activities, 'activity', 'activities')}{progress.synced_at ? `, synced ${ago(progress.synced_at)}` : ''}.</p>}
      {waiting.length > 0 && (
        <details>
          <summary>{count(waiting.length, 'activity', 'activities')} whose samples could not be read</summary>
          <ul class="stack small waiting">
            {waiting.map((one) => (
              <li key={one.id} class="row apart">
                <span><a href={`/activities/${one.id}`}>{one.name}</a>: {one.reason}{one.retry_at && <span class="muted"> Tried again {until(one.retry_at)}.</span>}</span>
                {one.parked && <Retry id={one.id} onAsked={sync.reload} />}
              </li>
            ))}
          </ul>
        </details>
      )}
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
