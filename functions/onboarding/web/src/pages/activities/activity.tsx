import { useRoute } from 'preact-iso';
import { bodyOf, server, type Schemas } from '../../api/client';
import { useSettings } from '../../api/queries';
import { useResource } from '../../api/resource';
import { day } from '../../format/date';
import { number } from '../../format/number';
import { distance, duration, elevation, type Units } from '../../format/units';
import { routes } from '../../app/routes';
import { QualityMark, sportName } from '../../ui/activity-list';
import { Notice } from '../../ui/notice';
import { Page } from '../../ui/page';
import { Loaded } from '../../ui/state';
import { ViewOnStrava } from '../../ui/strava';

/** One activity with its figures. */
export function ActivityPage() {
  const { params } = useRoute();
  const id = params.id ?? '';
  const activity = useResource(`activity ${id}`, () => bodyOf(server.GET('/v1/activities/{id}', { params: { path: { id: Number(id) } } })));
  const settings = useSettings();
  return (
    <Page title={activity.data?.name ?? 'Activity'} aside={<ViewOnStrava id={id} />}>
      <Loaded from={activity} heights={[8, 8]}>
        {(detail) => <Detail activity={detail} units={(settings.data?.units ?? 'metric') as Units} />}
      </Loaded>
      <p><a href={routes.activities}>All activities</a></p>
    </Page>
  );
}

function Detail({ activity, units }: { activity: Schemas['ActivityDetail']; units: Units }) {
  const figures: [string, string][] = [
    ['Distance', distance(activity.distance_m || null, units)],
    ['Moving time', duration(activity.moving_s)],
    ['Climb', elevation(activity.elevation_gain_m, units)],
    ['Average heart rate', activity.average_hr ? `${number(activity.average_hr)} bpm` : '–'],
    ['Load (TRIMP)', number(activity.trimp.value)],
    ['Load at threshold (TSS)', number(activity.tss.value)],
  ];
  return (
    <>
      <p class="row muted">{sportName(activity.sport_type)} · {day(activity.local_day)} <QualityMark quality={activity.quality} /></p>
      {activity.streams_reason && <Notice kind="warn">{activity.streams_reason}</Notice>}
      <dl class="card facts">
        {figures.map(([name, value]) => <div key={name}><dt class="muted small">{name}</dt><dd class="figure">{value}</dd></div>)}
      </dl>
    </>
  );
}
