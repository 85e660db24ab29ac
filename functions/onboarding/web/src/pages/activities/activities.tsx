import { useState } from 'preact/hooks';
import { bodyOf, server, type Schemas } from '../../api/client';
import { useRecentActivities, useSettings, useSync, versionOf } from '../../api/queries';
import { dayIn } from '../../format/date';
import { count, number } from '../../format/number';
import { distance, duration, type Units } from '../../format/units';
import { useAction } from '../../ui/action';
import { ActivityList } from '../../ui/activity-list';
import { Button } from '../../ui/button';
import { Trouble } from '../../ui/notice';
import { Page } from '../../ui/page';
import { Empty, Loaded } from '../../ui/state';
import { ConnectWithStrava } from '../../ui/strava';
import { Explain } from '../../explain/explain';
import { monthName, monthsOf } from './months';
import './activities.css';

const pageSize = 50;

/** Every activity, newest first. */
export function ActivitiesPage() {
  const sync = useSync();
  const first = useRecentActivities(versionOf(sync.data), pageSize);
  const settings = useSettings();
  const units = (settings.data?.units ?? 'metric') as Units;
  return (
    <Page title="Activities" aside={<span class="small muted">What a load rests on <Explain metric="quality" /></span>}>
      <Loaded from={first} heights={[4, 4, 4, 4, 4]}>
        {(page) => (page.activities.length === 0
          ? <Empty title="No activities yet" actions={sync.data?.phase === 'idle' && <ConnectWithStrava />}>They appear here as soon as Strava is connected and the first ones are in.</Empty>
          : <Pages key={page.next} first={page} units={units} today={dayIn(settings.data?.time_zone ?? 'UTC')} />)}
      </Loaded>
    </Page>
  );
}

/** The first page and what was asked for beyond it; begun anew when the first ends elsewhere, so that none is left out between. */
function Pages({ first, units, today }: { first: Schemas['ActivityPage']; units: Units; today: string }) {
  const [older, setOlder] = useState<Schemas['ActivityPage'][]>([]);
  const pages = [first, ...older];
  const next = pages.at(-1)?.next;
  const more = useAction(async () => {
    const page = await bodyOf(server.GET('/v1/activities', { params: { query: { before: next, limit: pageSize } } }));
    setOlder((known) => [...known, page]);
  });
  return (
    <>
      {monthsOf(pages.flatMap((page) => page.activities), next !== undefined).map(({ key, activities, sums }) => (
        <section key={key} class="card month">
          <div class="row apart">
            <h2>{monthName(key)}</h2>
            {sums && <p class="small muted figure">{count(activities.length, 'activity', 'activities')} · {distance(sums.distance, units)} · {duration(sums.moving)} · load {number(sums.load)}</p>}
          </div>
          <ActivityList activities={activities} units={units} today={today} />
        </section>
      ))}
      <Trouble error={more.error} />
      {next && <div class="row"><Button kind="quiet" busy={more.busy} onClick={() => void more.run()}>Show older ones</Button></div>}
    </>
  );
}
