// Ratios of the last week to the last four, as the gauges place them.

/** The lines of the athlete's style: below the one is little, above the other much. */
export interface Lines {
  low: number;
  high: number;
}

export type Zone = 'low' | 'usual' | 'high';

export const zoneOf = (ratio: number, { low, high }: Lines): Zone => (ratio < low ? 'low' : ratio > high ? 'high' : 'usual');

/** Where a ratio stands on a scale from 0 to 2, in percent; what is beyond stands at the end. */
export const placeOf = (ratio: number) => Math.min(100, Math.max(0, 50 * ratio));
