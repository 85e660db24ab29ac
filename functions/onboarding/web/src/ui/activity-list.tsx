import type { Schemas } from '../api/client';
import { nearDay } from '../format/date';
import { number } from '../format/number';
import { capital } from '../format/text';
import { distance, duration, type Units } from '../format/units';
import './activity-list.css';

type Activity = Schemas['Activity'];

/** Activities in rows: what, when, how far and long, and the load with what it rests on. */
export function ActivityList({ activities, units, today }: { activities: Activity[]; units: Units; today?: string }) {
  return (
    <ul class="activities">
      {activities.map((activity) => (
        <li key={activity.id}>
          <a href={`/activities/${activity.id}`}>
            <span class="what"><strong>{activity.name}</strong><span class="muted small">{sportName(activity.sport_type)} · {nearDay(activity.local_day, today ?? '')}{activity.streams === 'parked' && <span class="unread"> · samples could not be read</span>}</span></span>
            <span class="figure muted">{distance(activity.distance_m || null, units)}</span>
            <span class="figure muted">{duration(activity.moving_s)}</span>
            <span class="figure load"><strong>{number(activity.trimp.value)}</strong> <QualityMark quality={activity.quality} /></span>
          </a>
        </li>
      ))}
    </ul>
  );
}

const marks: Record<Activity['quality'], [text: string, kind: string, meaning: string]> = {
  stream: ['samples', 'good', 'Load from every recorded second'],
  average: ['average', 'info', 'Load from the average heart rate'],
  none: ['no load', '', 'No heart rate, so no load'],
};

/** What a load rests on, in a word. */
export function QualityMark({ quality }: { quality: Activity['quality'] }) {
  const [text, kind, meaning] = marks[quality];
  return <span class={`tag ${kind}`} title={meaning}>{text}</span>;
}

/** A sport as people write it: `TrailRun` is `Trail run`. */
export function sportName(type: string): string {
  return capital(type.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase());
}
