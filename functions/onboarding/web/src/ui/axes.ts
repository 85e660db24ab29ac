// Axes that every chart shares.
import type uPlot from 'uplot';
import { day } from '../format/date';
import { number } from '../format/number';
import type { Palette } from './chart';

/** Days of a series as a chart's x values: seconds of midnight UTC, so that no zone moves a day. */
export const dayAxis = (first: string, days: number) => Array.from({ length: days }, (_, i) => Date.parse(first) / 1000 + i * 86_400);

/** The day of an x value. */
export const dayAt = (x: number) => new Date(x * 1000).toISOString().slice(0, 10);

const font = '12px system-ui, sans-serif';

/** The lower axis, in days. */
export const timeAxis = (colour: Palette): uPlot.Axis => ({
  stroke: colour('muted'), font, ticks: { show: false }, grid: { show: false }, space: 90, size: 30,
  values: (_, splits) => splits.map((x) => day(dayAt(x)).replace(/ (\d\d)(\d\d)$/, ' ’$2')),
});

/** A value axis with a quiet grid. */
export const valueAxis = (colour: Palette, decimals = 0): uPlot.Axis => ({
  stroke: colour('muted'), font, size: 44, ticks: { show: false }, grid: { stroke: colour('line'), width: 1 },
  values: (_, splits) => splits.map((value) => number(value, decimals)),
});
