import { useLocation } from 'preact-iso';
import { useEffect } from 'preact/hooks';
import { useOnboarding, useRecentActivities, useSeries, useSettings, useSync, useToday, versionOf } from '../../api/queries';
import { routes } from '../../app/routes';
import { addDays, dayIn, ownZone } from '../../format/date';
import type { Units } from '../../format/units';
import { ActivityList } from '../../ui/activity-list';
import { ImportCard } from '../../ui/import-card';
import { Outcome } from '../../ui/outcome';
import { Notice } from '../../ui/notice';
import { Page } from '../../ui/page';
import { Loaded, Skeleton } from '../../ui/state';
import { ConnectWithStrava } from '../../ui/strava';
import { Figures, Gauges } from './figures';
import { Freshness } from './freshness';
import { lacksOf, type Lack } from './missing';
import { State } from './state';
import './today.css';

/** Where the athlete stands today. Whoever has not come so far is led to the next step. */
export function TodayPage() {
  const { query, route } = useLocation();
  const onboarding = useOnboarding();
  const unfinished = onboarding.data?.next !== undefined && onboarding.data.next !== 'first_sync';
  useEffect(() => {
    if (unfinished) route(query.strava ? `${routes.welcome}?strava=${query.strava}` : routes.welcome, true);
  }, [unfinished]);
  if (unfinished) return <Skeleton heights={[2, 20]} />;
  return <Loaded from={onboarding} heights={[3, 16]}>{() => <Standing outcome={query.strava} />}</Loaded>;
}

/** How far back the small chart goes, in days. */
const shownDays = 91;

function Standing({ outcome }: { outcome: string | undefined }) {
  const sync = useSync();
  const version = versionOf(sync.data);
  const today = useToday(version);
  const settings = useSettings();
  const recent = useRecentActivities(version, 5);
  const series = useSeries(version, addDays(dayIn(ownZone()), -shownDays));
  const date = today.data?.day ?? dayIn(settings.data?.time_zone ?? 'UTC');
  const importing = sync.data?.phase === 'listing' || sync.data?.phase === 'refining';
  const known = (series.data?.series.ctl.values.length ?? 0) > 0;
  return (
    <Page title="Today" aside={<Freshness sync={sync} />}>
      {outcome === 'connected' && sync.data?.phase === 'done'
        ? <Notice kind="good" title="Strava is connected.">Your whole history is in. From now on new activities arrive by themselves.</Notice>
        : <Outcome word={outcome} />}
      {sync.data?.phase === 'reconnect' && <Notice kind="warn" title="Strava no longer accepts the connection" actions={<ConnectWithStrava />}>New activities arrive again as soon as you have connected. What is here stays.</Notice>}
      {importing && sync.data && <ImportCard sync={sync.data} />}
      <div class="standing">
        <div class="stack"><Loaded from={today} heights={[18]}>{(now) => <State today={now} />}</Loaded></div>
        <div class="stack">
          <Loaded from={series} heights={[18]}>
            {({ series: days }) => (known && today.data ? <Gauges series={days} style={today.data.style} /> : null)}
          </Loaded>
          <Lacks lacks={lacksOf(series.data?.meta, settings.data, sync.data)} />
        </div>
      </div>
      {known && series.data && <Figures series={series.data.series} drawn={!importing} />}
      <section class="card stack">
        <div class="row apart"><h2>Last activities</h2><a href={routes.activities}>All activities</a></div>
        <Loaded from={recent} heights={[3, 3, 3]}>
          {(page) => page.activities.length > 0
            ? <ActivityList activities={page.activities} units={(settings.data?.units ?? 'metric') as Units} today={date} />
            : <p class="muted">{importing ? 'The first ones are on their way.' : 'There is none at Strava yet. Record one, and it appears here a minute later.'}</p>}
        </Loaded>
      </section>
    </Page>
  );
}

/** What the figures lack, and why. */
function Lacks({ lacks }: { lacks: Lack[] }) {
  if (lacks.length === 0) return null;
  return (
    <section class="card stack lacks" aria-label="What is missing">
      <h2>What is missing, and why</h2>
      <ul class="stack">
        {lacks.map(({ title, why, link }) => (
          <li key={title}><strong>{title}.</strong> <span class="muted">{why}</span> {link && <a href={link[0]}>{link[1]}</a>}</li>
        ))}
      </ul>
    </section>
  );
}
