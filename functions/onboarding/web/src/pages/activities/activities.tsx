import { useState } from 'preact/hooks';
import { bodyOf, server, type Schemas } from '../../api/client';
import { versionOf, useRecentActivities, useSettings, useSync } from '../../api/queries';
import type { Units } from '../../format/units';
import { useAction } from '../../ui/action';
import { ActivityList } from '../../ui/activity-list';
import { Button } from '../../ui/button';
import { Trouble } from '../../ui/notice';
import { Page } from '../../ui/page';
import { Empty, Loaded } from '../../ui/state';

const pageSize = 50;

/** Every activity, newest first. */
export function ActivitiesPage() {
  const sync = useSync();
  const first = useRecentActivities(versionOf(sync.data), pageSize);
  const settings = useSettings();
  const units = (settings.data?.units ?? 'metric') as Units;
  return (
    <Page title="Activities">
      <Loaded from={first} heights={[4, 4, 4, 4, 4]}>
        {(page) => (page.activities.length === 0
          ? <Empty title="No activities yet">They appear here as soon as Strava is connected and the first ones are in.</Empty>
          : <Pages first={page} units={units} />)}
      </Loaded>
    </Page>
  );
}

function Pages({ first, units }: { first: Schemas['ActivityPage']; units: Units }) {
  const [older, setOlder] = useState<Schemas['ActivityPage'][]>([]);
  const pages = [first, ...older];
  const next = pages.at(-1)?.next;
  const more = useAction(async () => {
    const page = await bodyOf(server.GET('/v1/activities', { params: { query: { before: next, limit: pageSize } } }));
    setOlder((known) => [...known, page]);
  });
  return (
    <>
      <div class="card"><ActivityList activities={pages.flatMap((page) => page.activities)} units={units} /></div>
      <Trouble error={more.error} />
      {next && <div class="row"><Button kind="quiet" busy={more.busy} onClick={() => void more.run()}>Show older ones</Button></div>}
    </>
  );
}
