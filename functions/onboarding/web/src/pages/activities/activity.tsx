import { useRoute } from 'preact-iso';
import { bodyOf, server, type Schemas } from '../../api/client';
import { useSettings } from '../../api/queries';
import { useResource } from '../../api/resource';
import { routes } from '../../app/routes';
import { day } from '../../format/date';
import { number } from '../../format/number';
import { distance, duration, elevation, movementOf, speed, type Units } from '../../format/units';
import { QualityMark, sportName } from '../../ui/activity-list';
import { Page } from '../../ui/page';
import { Loaded } from '../../ui/state';
import { ViewOnStrava } from '../../ui/strava';
import { BestEfforts, FigureList } from './figures';
import { Parked } from './parked';
import { Streams } from './streams';
import { Zones } from './zones';
import './activities.css';

/** One activity with everything that is known and was computed of it. */
export function ActivityPage() {
  const { params } = useRoute();
  const id = params.id ?? '';
  const activity = useResource(`activity ${id}`, () => bodyOf(server.GET('/v1/activities/{id}', { params: { path: { id: Number(id) } } })), {
    every: (known) => (known?.streams === 'pending' ? 5_000 : undefined),
  });
  const settings = useSettings();
  const units = (settings.data?.units ?? 'metric') as Units;
  return (
    <Page title={activity.data?.name ?? 'Activity'} aside={<ViewOnStrava id={id} />}>
      <Loaded from={activity} heights={[5, 14, 12]}>
        {(detail) => (
          <>
            <Summary activity={detail} units={units} />
            {detail.streams === 'parked' && <Parked activity={detail} reload={activity.reload} />}
            <Streams activity={detail} units={units} />
            <div class="pair"><Zones figures={detail.figures} /><BestEfforts activity={detail} units={units} /></div>
            <FigureList activity={detail} units={units} />
          </>
        )}
      </Loaded>
      <p><a href={routes.activities}>All activities</a></p>
    </Page>
  );
}

function Summary({ activity, units }: { activity: Schemas['ActivityDetail']; units: Units }) {
  const movement = movementOf(activity.sport_type);
  const pace = activity.distance_m && activity.moving_s ? activity.distance_m / activity.moving_s : null;
  const facts: [string, string][] = [
    ['Distance', distance(activity.distance_m || null, units)],
    ['Moving time', duration(activity.moving_s)],
    [movement === 'speed' ? 'Speed' : 'Pace', speed(pace, units, movement)],
    ['Climb', elevation(activity.elevation_gain_m, units)],
    ['Average heart rate', activity.average_hr ? `${number(activity.average_hr)} bpm` : '–'],
    ['Load', number(activity.trimp.value)],
  ];
  return (
    <>
      <p class="row muted">{sportName(activity.sport_type)} · {day(activity.local_day)}, {activity.start_local.slice(11, 16)} <QualityMark quality={activity.quality} /></p>
      <dl class="card facts">
        {facts.map(([name, value]) => <div key={name}><dt class="muted small">{name}</dt><dd class="figure">{value}</dd></div>)}
      </dl>
    </>
  );
}
