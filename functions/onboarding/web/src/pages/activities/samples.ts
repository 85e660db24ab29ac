// An activity's samples as charts need them.
import type { Schemas } from '../../api/client';
import { movementOf, type Units } from '../../format/units';

export type Samples = Schemas['Samples'];
type Values = readonly (number | null)[];

/** The seconds over which speed and power are smoothed: a second's value jumps too much to be read. */
export const smoothing = { speed: 20, watts: 10 } as const;

/** The mean of the values of so many seconds around each sample; null where there are none. */
export function smooth(times: readonly number[], values: Values, seconds: number): (number | null)[] {
  const half = seconds / 2;
  const out: (number | null)[] = new Array<number | null>(values.length).fill(null);
  let low = 0;
  let high = 0;
  let sum = 0;
  let n = 0;
  for (let i = 0; i < values.length; i++) {
    const at = times[i]!;
    for (; high < values.length && times[high]! <= at + half; high++) {
      const value = values[high];
      if (value !== null && value !== undefined) { sum += value; n++; }
    }
    for (; times[low]! < at - half; low++) {
      const value = values[low];
      if (value !== null && value !== undefined) { sum -= value; n--; }
    }
    out[i] = n > 0 && values[i] !== null ? sum / n : null;
  }
  return out;
}

export interface Track {
  name: string;
  /** A colour of the theme. */
  colour: string;
  values: (number | null)[];
  kind: 'heart' | 'altitude' | 'movement' | 'watts' | 'cadence';
  height: number;
}

const some = (values: Values | null | undefined): values is Values => !!values?.some((value) => value !== null);

/** The charts that an activity has samples for. */
export function tracksOf(samples: Samples, sport: string, units: Units): Track[] {
  const tracks: Track[] = [];
  const { time_s: times } = samples;
  const movement = movementOf(sport);
  if (some(samples.heart_rate)) tracks.push({ name: 'Heart rate', colour: 'fatigue', values: [...samples.heart_rate], kind: 'heart', height: 200 });
  if (some(samples.velocity_mps)) tracks.push({ name: movement === 'speed' ? 'Speed' : 'Pace', colour: 'form', values: smooth(times, samples.velocity_mps, smoothing.speed), kind: 'movement', height: 150 });
  if (some(samples.watts)) tracks.push({ name: 'Power', colour: 'external', values: smooth(times, samples.watts, smoothing.watts), kind: 'watts', height: 150 });
  if (some(samples.altitude_m)) {
    const scale = units === 'metric' ? 1 : 1 / 0.3048;
    tracks.push({ name: 'Altitude', colour: 'muted', values: samples.altitude_m.map((value) => (value === null ? null : value * scale)), kind: 'altitude', height: 120 });
  }
  return tracks;
}
