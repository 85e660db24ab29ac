// The weeks of a series and its text for other programs.
import { addDays, daysBetween, mondayOf } from '../../format/date';
import type { Series } from './view';

export interface Week {
  monday: string;
  /** The week is not over, or began before the history. */
  partial: boolean;
  activities: number;
  unscored: number;
  /** Absent where none of the week's activities has one. */
  load: number | null;
  external: number;
  /** At the week's end. */
  ctl: number | null;
  tsb: number | null;
  acwr: number | null;
  divergence: number | null;
  monotony: number | null;
  strain: number | null;
}

/** The weeks, Monday to Sunday, that days of a range lie in, newest first. Each is told whole, whatever the range cuts off. */
export function weeksOf(series: Series, from: number, to: number): Week[] {
  const load = loadColumn(series);
  const weeks: Week[] = [];
  const firstMonday = mondayOf(addDays(series.first, from));
  const days = load.length;
  for (let monday = mondayOf(addDays(series.first, to)); monday >= firstMonday; monday = addDays(monday, -7)) {
    const begin = daysBetween(series.first, monday);
    const low = Math.max(0, begin);
    const high = Math.min(days - 1, begin + 6);
    const sum = (values: readonly (number | null)[]) => values.slice(low, high + 1).reduce<number>((total, value) => total + (value ?? 0), 0);
    const [activities, unscored] = [sum(series.activities), sum(series.unscored)];
    weeks.push({
      monday, partial: low !== begin || high !== begin + 6,
      activities, unscored, load: activities > 0 && unscored === activities ? null : sum(load), external: sum(series.external_km.values),
      ctl: series.ctl.values[high] ?? null, tsb: series.tsb.values[high] ?? null, acwr: series.acwr.values[high] ?? null,
      divergence: series.divergence.values[high] ?? null, monotony: series.monotony.values[high] ?? null, strain: series.strain.values[high] ?? null,
    });
  }
  return weeks;
}

/** The daily load that ratios, fitness and fatigue are made of. */
export const loadColumn = (series: Series) => (series.settings.load === 'tss' ? series.tss : series.trimp).values;

const columns = [
  'trimp', 'tss', 'external_km', 'acute', 'chronic', 'acwr', 'acwr_uncoupled', 'acwr_ewma', 'acwr_decayed',
  'external_acute', 'external_chronic', 'external_acwr', 'external_acwr_uncoupled', 'external_acwr_ewma', 'external_acwr_decayed',
  'divergence', 'ctl', 'atl', 'tsb', 'ramp', 'monotony', 'strain', 'days_since_rest', 'coverage_7', 'coverage_28',
] as const;

/** The days of a range as comma-separated values: every figure, in SI units, empty where it is absent. */
export function csvOf(series: Series, from: number, to: number): string {
  const text = (value: number | null | undefined) => (value === null || value === undefined ? '' : String(Number(value.toFixed(4))));
  const intensity = ([7, 28] as const).flatMap((days) => ['easy', 'moderate', 'hard'].map((name) => `${name}_${days}`));
  const lines = [['day', 'activities', 'unscored', ...columns, ...intensity].join(',')];
  for (let i = from; i <= to; i++) {
    lines.push([
      addDays(series.first, i), text(series.activities[i]), text(series.unscored[i]), ...columns.map((column) => text(series[column].values[i])),
      ...[...(series.intensity_7 ?? []), ...(series.intensity_28 ?? [])].map((column) => text(column.values[i])),
    ].join(','));
  }
  return lines.join('\r\n') + '\r\n';
}
