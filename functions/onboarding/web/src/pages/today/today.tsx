import { useLocation } from 'preact-iso';
import { useEffect } from 'preact/hooks';
import type { Schemas } from '../../api/client';
import { useOnboarding, useRecentActivities, useSettings, useSync, useToday, versionOf } from '../../api/queries';
import { routes } from '../../app/routes';
import { ago, day, dayIn } from '../../format/date';
import type { Units } from '../../format/units';
import { ActivityList } from '../../ui/activity-list';
import { ImportProgress } from '../../ui/import-progress';
import { Outcome } from '../../ui/outcome';
import { Notice } from '../../ui/notice';
import { Page } from '../../ui/page';
import { Loaded } from '../../ui/state';
import { ConnectWithStrava } from '../../ui/strava';
import './today.css';

/** Where the athlete stands today. Whoever has not come so far is led to the next step. */
export function TodayPage() {
  const { query, route } = useLocation();
  const onboarding = useOnboarding();
  const unfinished = onboarding.data?.next !== undefined && onboarding.data.next !== 'first_sync';
  useEffect(() => {
    if (unfinished) route(query.strava ? `${routes.welcome}?strava=${query.strava}` : routes.welcome, true);
  }, [unfinished]);
  if (unfinished) return null;
  return <Loaded from={onboarding} heights={[3, 16]}>{() => <Standing outcome={query.strava} />}</Loaded>;
}

function Standing({ outcome }: { outcome: string | undefined }) {
  const sync = useSync();
  const version = versionOf(sync.data);
  const today = useToday(version);
  const settings = useSettings();
  const recent = useRecentActivities(version, 5);
  const date = today.data?.day ?? dayIn(settings.data?.time_zone ?? 'UTC');
  return (
    <Page title="Today" aside={<Freshness sync={sync.data} />}>
      <Outcome word={outcome} />
      {sync.data?.phase === 'reconnect' && <Notice kind="warn" title="Strava no longer accepts the connection" actions={<ConnectWithStrava>Connect again</ConnectWithStrava>}>New activities arrive again as soon as you have.</Notice>}
      {(sync.data?.phase === 'listing' || sync.data?.phase === 'refining') && (
        <section class="card stack"><h2>Import</h2><ImportProgress sync={sync.data} /></section>
      )}
      <Loaded from={today} heights={[12]}>{(known) => <State today={known} />}</Loaded>
      <section class="card stack">
        <div class="row apart"><h2>Last activities</h2><a href={routes.activities}>All activities</a></div>
        <Loaded from={recent} heights={[3, 3, 3]}>
          {(page) => <ActivityList activities={page.activities} units={(settings.data?.units ?? 'metric') as Units} today={date} />}
        </Loaded>
      </section>
    </Page>
  );
}

function Freshness({ sync }: { sync: Schemas['SyncProgress'] | undefined }) {
  if (!sync?.synced_at) return null;
  return <span class="muted small">Synced {ago(sync.synced_at)}</span>;
}

function State({ today }: { today: Schemas['Today'] }) {
  return (
    <section class="card stack state">
      <p class="muted small">{day(today.day)}</p>
      <h2>{today.headline}</h2>
      <ul class="stack">{today.sentences.map((sentence) => <li key={sentence.topic}>{sentence.text}</li>)}</ul>
    </section>
  );
}
