// What today's figures lack, and what would bring it.
import type { Schemas } from '../../api/client';
import type { Sync } from '../../api/queries';
import { routes } from '../../app/routes';
import { count, number, percent } from '../../format/number';

export interface Lack {
  title: string;
  why: string;
  /** Where something can be done about it. */
  link?: readonly [href: string, text: string];
}

const estimates: Record<string, string> = { max_hr: 'maximum heart rate', resting_hr: 'resting heart rate' };

/** The days until fitness has filled up. */
const warmUp = 42;

/** Everything that makes the figures less than they could be, the weightiest first. */
export function lacksOf(meta: Schemas['Meta'] | undefined, settings: Schemas['Settings'] | undefined, sync: Sync | undefined): Lack[] {
  const lacks: Lack[] = [];
  if (meta?.warming_up && meta.history_days > 0) {
    lacks.push({ title: 'Still warming up', why: `There are ${count(meta.history_days, 'day')} of history. Fitness needs ${warmUp} to fill up and shows too low until then; form too high.` });
  }
  if (meta && meta.unscored > 0) {
    lacks.push({
      title: `${count(meta.unscored, 'activity has', 'activities have')} no load`,
      why: `${percent(meta.coverage.value)} of your activities have one. Without a heart rate none can be computed, and nothing is made up: the sums are too low by them.`,
      link: [`${routes.activities}?quality=none`, 'Show them'],
    });
  }
  if (meta && meta.provisional > 0) {
    const coming = sync && (sync.phase === 'refining' || sync.phase === 'listing');
    lacks.push({
      title: `${count(meta.provisional, 'load rests', 'loads rest')} on an average heart rate`,
      why: coming ? 'Their samples are being read; the loads get exact by themselves.' : 'Strava has no samples for them. An average comes out a little low for uneven workouts.',
    });
  }
  if (sync && sync.parked > 0) {
    lacks.push({ title: `The samples of ${count(sync.parked, 'activity', 'activities')} could not be read`, why: 'Each is tried again by itself, and keeps the load of its average until then.', link: [`${routes.settings}#strava`, 'See which'] });
  }
  const faster = settings?.proposals[0];
  if (faster) {
    lacks.push({ title: `Your heart reached ${number(faster.value)} bpm, and ${number(faster.current)} is used as its maximum`, why: 'With a maximum that is too low every load comes out too high.', link: [`${routes.settings}#thresholds`, 'Look at it'] });
  }
  const guessed = (settings?.thresholds.estimated ?? []).flatMap((name) => estimates[name] ?? []);
  if (guessed.length > 0) {
    lacks.push({ title: `Your ${guessed.join(' and ')} ${guessed.length === 1 ? 'is an estimate' : 'are estimates'}`, why: 'A few beats shift every load. Say what you know, and all of it is computed anew.', link: [`${routes.settings}#thresholds`, 'Set it'] });
  }
  return lacks;
}
