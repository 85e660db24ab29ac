import { useLocation } from 'preact-iso';
import { useState } from 'preact/hooks';
import { bodyOf, server, type Schemas } from '../../api/client';
import { useActivities, useRecentActivities, useSettings, useSync, versionOf } from '../../api/queries';
import { routes } from '../../app/routes';
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
import { filterOf, queryOf, type Filter } from './filter';
import { Filters } from './filters';
import { monthName, monthsOf } from './months';
import './activities.css';

const pageSize = 50;

/** How many of the newest activities say which sports can be chosen. */
const sampled = 200;

/** Every activity, or those that the address asks for, newest first. */
export function ActivitiesPage() {
  const { query, route } = useLocation();
  const filter = filterOf(query);
  const narrowed = queryOf(filter) !== '';
  const show = (chosen: Filter) => route(routes.activities + queryOf(chosen), true);
  const sync = useSync();
  const version = versionOf(sync.data);
  const first = useActivities(version, pageSize, filter);
  const newest = useRecentActivities(version, sampled);
  const settings = useSettings();
  const units = (settings.data?.units ?? 'metric') as Units;
  const today = dayIn(settings.data?.time_zone ?? 'UTC');
  const among = newest.data?.activities ?? [];
  return (
    <Page title="Activities" aside={<span class="small muted">What a load rests on <Explain metric="quality" /></span>}>
      {(narrowed || among.length > 0) && <Filters filter={filter} among={among} today={today} onChange={show} />}
      <Loaded from={first} heights={[4, 4, 4, 4, 4]}>
        {(page) => {
          if (page.activities.length > 0) return <Pages key={`${page.next} ${queryOf(filter)}`} first={page} filter={filter} units={units} today={today} />;
          return narrowed
            ? <Empty title="No activity is like that" actions={<Button type="button" kind="quiet" onClick={() => show({})}>Show all</Button>}>Choose another sport or load, or other days.</Empty>
            : <Empty title="No activities yet" actions={sync.data?.phase === 'idle' && <ConnectWithStrava />}>They appear here as soon as Strava is connected and the first ones are in.</Empty>;
        }}
      </Loaded>
    </Page>
  );
}

interface PagesProps {
  first: Schemas['ActivityPage'];
  filter: Filter;
  units: Units;
  today: string;
}

/** The first page and what was asked for beyond it; begun anew when the first ends elsewhere, so that none is left out between. */
function Pages({ first, filter, units, today }: PagesProps) {
  const [older, setOlder] = useState<Schemas['ActivityPage'][]>([]);
  const pages = [first, ...older];
  const next = pages.at(-1)?.next;
  const more = useAction(async () => {
    const page = await bodyOf(server.GET('/v1/activities', { params: { query: { ...filter, before: next, limit: pageSize } } }));
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
