// The thresholds that an athlete can give: their names, units and ranges, and how they are written and read.
import type { Schemas } from '../../api/client';
import { clock, type Units } from '../../format/units';
import { number } from '../../format/number';

export type Kind = Exclude<keyof Schemas['ThresholdPatch'], 'effective_from' | 'sport'>;

export interface ThresholdKind {
  kind: Kind;
  name: string;
  /** Least and greatest value, in the API's unit. */
  range: readonly [number, number];
  measure: 'bpm' | 'watts' | 'pace' | 'swim' | 'weight';
  hint: string;
  /** It differs between sports, so that one may have a value of its own. */
  bySport?: boolean;
}

export const thresholdKinds: readonly ThresholdKind[] = [
  { kind: 'max_hr', name: 'Maximum heart rate', range: [100, 240], measure: 'bpm', bySport: true, hint: 'The highest that you have seen in a hard effort. Without it, 208 less 0.7 times your age is used.' },
  { kind: 'resting_hr', name: 'Resting heart rate', range: [25, 110], measure: 'bpm', hint: 'Lying still after waking up.' },
  { kind: 'lthr', name: 'Threshold heart rate', range: [26, 239], measure: 'bpm', bySport: true, hint: 'What you can hold for about an hour. Without it, resting + 85 % of your reserve is used.' },
  { kind: 'vt1_hr', name: 'First ventilatory threshold', range: [26, 239], measure: 'bpm', bySport: true, hint: 'Where talking becomes uneasy. It divides easy from moderate. Without it, resting + 60 % of your reserve is used.' },
  { kind: 'vt2_hr', name: 'Second ventilatory threshold', range: [26, 239], measure: 'bpm', bySport: true, hint: 'Where only single words come. It divides moderate from hard. Without it, the threshold heart rate is used.' },
  { kind: 'ftp', name: 'Functional threshold power (FTP)', range: [50, 600], measure: 'watts', bySport: true, hint: 'The power that you can hold for about an hour, for rides with a power meter.' },
  { kind: 'threshold_pace', name: 'Threshold pace, running', range: [120, 900], measure: 'pace', hint: 'The pace that you can hold for about an hour, as minutes and seconds.' },
  { kind: 'swim_pace', name: 'Threshold pace, swimming', range: [50, 300], measure: 'swim', hint: 'The pace that you can hold for about half an hour, as minutes and seconds.' },
  { kind: 'weight', name: 'Weight', range: [25, 250], measure: 'weight', hint: 'Kept for your own record; no load depends on it.' },
];

/** The groups of sports that can have a value of their own; the key '' is every sport that has none. */
export const sportGroups: Record<string, string> = {
  '': 'every sport', run: 'running', walk: 'walking and hiking', ride: 'cycling', swim: 'swimming', row: 'rowing', nordic_ski: 'Nordic skiing', strength: 'strength training and yoga', other: 'any other sport',
};

type Dated = Schemas['DatedThreshold'];

export interface Course {
  /** A key of sportGroups. */
  sport: string;
  /** Oldest first; the first holds for the days before it too. */
  values: Dated[];
}

/** A threshold's values over the days, for every sport and then for each that has values of its own. */
export function coursesOf(history: readonly Dated[], kind: Kind): Course[] {
  const own = history.filter((one) => one.kind === kind);
  return Object.keys(sportGroups).flatMap((sport) => {
    const values = own.filter((one) => (one.sport ?? '') === sport).sort((a, b) => a.effective_from.localeCompare(b.effective_from));
    return values.length > 0 ? [{ sport, values }] : [];
  });
}

/** How much of the API's unit one of what is shown is. */
function scaleOf(measure: ThresholdKind['measure'], units: Units): number {
  if (units === 'metric') return 1;
  switch (measure) {
    case 'pace': return 1 / 1.609344; // seconds per mile to seconds per kilometre
    case 'swim': return 1 / 0.9144;
    case 'weight': return 0.45359237;
    default: return 1;
  }
}

export function unitOf(measure: ThresholdKind['measure'], units: Units): string {
  const metric = units === 'metric';
  switch (measure) {
    case 'bpm': return 'bpm';
    case 'watts': return 'W';
    case 'pace': return metric ? '/km' : '/mi';
    case 'swim': return metric ? '/100 m' : '/100 yd';
    case 'weight': return metric ? 'kg' : 'lb';
  }
}

const isPace = (measure: ThresholdKind['measure']) => measure === 'pace' || measure === 'swim';

/** A value as it is shown and typed: `4:35`, `61.5`, `188`. */
export function written({ measure }: ThresholdKind, value: number, units: Units): string {
  const shown = value / scaleOf(measure, units);
  if (isPace(measure)) return clock(shown);
  return number(shown, Number.isInteger(Number(shown.toFixed(1))) ? 0 : 1);
}

/** What was typed, in the API's unit; undefined where it is no value. */
export function typed({ measure }: ThresholdKind, text: string, units: Units): number | undefined {
  const parts = text.trim().replace(',', '.').split(':');
  if (parts.length > (isPace(measure) ? 2 : 1) || parts.some((part) => !/^\d+(\.\d+)?$/.test(part))) return undefined;
  if (isPace(measure) && parts.length === 1) return undefined; // 4.5 is neither minutes nor seconds for certain
  const shown = parts.reduce((total, part) => total * 60 + Number(part), 0);
  return Number((shown * scaleOf(measure, units)).toFixed(2));
}

/** The range in words, as `25–110 bpm`. */
export const rangeWords = (kind: ThresholdKind, units: Units) =>
  `${written(kind, kind.range[0], units)}–${written(kind, kind.range[1], units)} ${unitOf(kind.measure, units)}`;
