// What the load page draws: each chart with its lines, where their figures come from and how they are made.
import type { Units } from '../../format/units';
import type { Metric } from '../../explain/metrics';
import type { Band } from '../../ui/chart-bands';
import type { Schemas } from '../../api/client';
import { loadColumn } from './weeks';
import type { Series } from './view';

type Column = Pick<Schemas['Column'], 'values'> & Partial<Pick<Schemas['Column'], 'gaps'>>;

export interface Line {
  name: string;
  column: Column;
  /** What is drawn, where that is not the figure itself. */
  drawn?: (number | null)[];
  /** A colour of the theme. */
  colour: string;
  kind?: 'bars' | 'area' | 'dashed' | 'thick';
  decimals: number;
  unit?: string;
  /** How it is made, in a few words. */
  method: string;
  metric: Metric;
}

export interface Panel {
  title: string;
  metric: Metric;
  height: number;
  /** It takes half the width where there is room. */
  half?: boolean;
  lines: Line[];
  bands?: Band[];
  /** A line behind the others. */
  rule?: number;
  /** The y axis shows at least this. */
  least?: readonly [number, number];
  /** The y axis ends here, whatever the figures do. */
  most?: readonly [number, number];
  decimals: number;
}

/** The ways to compare the last week with the weeks before. */
export const ratios = [
  ['acwr', 'Coupled 7:28 days', 'mean of 7 days / mean of 28 days, both to this day'],
  ['acwr_uncoupled', 'Uncoupled 7:21 days', 'mean of 7 days / mean of the 21 days before them'],
  ['acwr_ewma', 'Weighted (EWMA)', 'exponentially weighted averages, λ = 2/(N+1), N 7 and 28'],
  ['acwr_decayed', 'Your own decay', 'mean of 7 days / decayed mean, by your settings'],
] as const;

export type Ratio = (typeof ratios)[number][0];

/** The phases of intensity, easiest first. */
const phases = [['Easy', 'daily'], ['Moderate', 'external'], ['Hard', 'fatigue']] as const;

export const isRatio = (word: string): word is Ratio => ratios.some(([key]) => key === word);

const acwrBands: Band[] = [
  { from: 0, to: 0.8, name: 'under', colour: 'form' },
  { from: 0.8, to: 1.3, name: 'balanced', colour: 'good' },
  { from: 1.3, to: 1.5, name: 'high', colour: 'warn' },
  { from: 1.5, to: 10, name: 'very high', colour: 'bad' },
];

const divergenceBands: Band[] = [
  { from: -2, to: -0.15, name: 'high strain', colour: 'bad' },
  { from: -0.15, to: -0.05, name: 'strain', colour: 'warn' },
  { from: -0.05, to: 0.05, name: 'balanced', colour: 'good' },
  { from: 0.05, to: 0.15, name: 'efficient', colour: 'accent' },
  { from: 0.15, to: 2, name: 'under-stimulated', colour: 'form' },
];

const milesPerKilometre = 1 / 1.609344;

/** Everything that is drawn, in its order on the page. */
export function panelsOf(series: Series, units: Units, ratio: Ratio): Panel[] {
  const tss = series.settings.load === 'tss';
  const unit = tss ? 'TSS' : 'TRIMP';
  const daily: Metric = tss ? 'tss' : 'trimp';
  const length = units === 'metric' ? 'km' : 'mi';
  const inUnits = (column: Schemas['Column']): Column =>
    (units === 'metric' ? column : { ...column, values: column.values.map((value) => (value === null ? null : value * milesPerKilometre)) });
  const [, ratioName, ratioMethod] = ratios.find(([key]) => key === ratio)!;
  return [
    {
      title: 'Fitness and fatigue', metric: 'ctl', height: 300, decimals: 0, least: [0, 1],
      lines: [
        { name: 'Load of the day', column: { values: loadColumn(series) }, colour: 'daily', kind: 'bars', decimals: 0, unit, method: tss ? 'power, else heart rate, else pace' : 'heart rate, every second where recorded', metric: daily },
        { name: 'Fatigue', column: series.atl, colour: 'fatigue', decimals: 1, method: 'weighted average of load, τ 7 days', metric: 'atl' },
        { name: 'Fitness', column: series.ctl, colour: 'fitness', kind: 'thick', decimals: 1, method: 'weighted average of load, τ 42 days', metric: 'ctl' },
      ],
    },
    {
      title: 'Form', metric: 'tsb', height: 150, half: true, decimals: 0, rule: 0, least: [-1, 1],
      lines: [{ name: 'Form', column: series.tsb, colour: 'form', kind: 'area', decimals: 1, method: 'yesterday’s fitness − yesterday’s fatigue', metric: 'tsb' }],
    },
    {
      title: 'Weekly change of fitness', metric: 'ramp', height: 150, half: true, decimals: 0, rule: 0, least: [-1, 1],
      lines: [{ name: 'Change in 7 days', column: series.ramp, colour: 'fitness', kind: 'area', decimals: 1, method: 'today’s fitness − that of a week ago', metric: 'ramp' }],
    },
    {
      title: 'This week against the last four', metric: ratio, height: 220, decimals: 2, bands: acwrBands, least: [0.6, 1.6], most: [0, 3],
      lines: [
        { name: 'Distance', column: series[`external_${ratio}`], colour: 'external', decimals: 2, method: `${ratioName}: ${ratioMethod}`, metric: 'external' },
        { name: 'Load', column: series[ratio], colour: 'fitness', kind: 'thick', decimals: 2, method: `${ratioName}: ${ratioMethod}`, metric: ratio },
      ],
    },
    {
      title: 'Load, acute and chronic', metric: 'acwr', height: 170, half: true, decimals: 0, least: [0, 1],
      lines: [
        { name: 'Last 28 days', column: series.chronic, colour: 'fitness', kind: 'area', decimals: 1, unit: 'a day', method: 'mean of 28 calendar days, rest days included', metric: 'acwr' },
        { name: 'Last 7 days', column: series.acute, colour: 'fatigue', decimals: 1, unit: 'a day', method: 'mean of 7 calendar days, rest days included', metric: 'acwr' },
      ],
    },
    {
      title: 'Distance, acute and chronic', metric: 'external', height: 170, half: true, decimals: 0, least: [0, 1],
      lines: [
        { name: 'Last 28 days', column: inUnits(series.external_chronic), colour: 'external', kind: 'area', decimals: 1, unit: `${length} a day`, method: 'mean of 28 days, every sport as running', metric: 'external' },
        { name: 'Last 7 days', column: inUnits(series.external_acute), colour: 'fatigue', decimals: 1, unit: `${length} a day`, method: 'mean of 7 days, every sport as running', metric: 'external' },
      ],
    },
    {
      title: 'Effort against distance', metric: 'divergence', height: 190, decimals: 2, bands: divergenceBands, least: [-0.25, 0.25], most: [-0.6, 0.6],
      lines: [{ name: 'Divergence', column: series.divergence, colour: 'ink', decimals: 2, method: '(distance − load) / mean of both coupled ratios', metric: 'divergence' }],
    },
    {
      title: 'Monotony', metric: 'monotony', height: 150, half: true, decimals: 1, least: [0, 2.5], most: [0, 6],
      bands: [{ from: 1.5, to: 2, name: 'alike', colour: 'warn' }, { from: 2, to: 10, name: 'much the same', colour: 'bad' }],
      lines: [{ name: 'Monotony', column: series.monotony, colour: 'ink', decimals: 2, method: 'mean / standard deviation (n = 7) of 7 days', metric: 'monotony' }],
    },
    {
      title: 'Strain', metric: 'strain', height: 150, half: true, decimals: 0, least: [0, 1],
      lines: [{ name: 'Strain', column: series.strain, colour: 'fatigue', kind: 'area', decimals: 0, method: 'the week’s load × monotony', metric: 'strain' }],
    },
    ...([28, 7] as const).map((days): Panel => intensityPanel(days, days === 7 ? series.intensity_7 : series.intensity_28)),
  ];
}

/** The shares of time below, between and above both thresholds, stacked: the hardest is drawn first, up to the whole. */
function intensityPanel(days: 7 | 28, shares: Schemas['Column'][] | null): Panel {
  const columns = shares ?? [];
  const upTo = (phase: number) => columns[phase]?.values.map((value, i) =>
    (value === null ? null : columns.slice(0, phase + 1).reduce((sum, column) => sum + (column.values[i] ?? 0) * 100, 0)));
  return {
    title: `Intensity, last ${days} days`, metric: 'intensity', height: 150, half: true, decimals: 0, least: [0, 100], most: [0, 100],
    lines: columns.map((column, phase): Line => ({
      name: phases[phase]![0], colour: phases[phase]![1], kind: 'area', decimals: 0, unit: '%', metric: 'intensity',
      column: { ...column, values: column.values.map((value) => (value === null ? null : value * 100)) }, drawn: upTo(phase),
      method: ['share of time below the first threshold', 'share of time between both thresholds', 'share of time above the second threshold'][phase]!,
    })).reverse(),
  };
}

/** Why a line has no figure on a day. */
export const gapAt = (line: Line, at: number) => line.column.gaps?.find((gap) => gap.from <= at && at <= gap.to)?.reason;
