import type { Maybe } from '../format/number';

/** A line through values at equal steps, as an SVG path; where one is absent the line is interrupted. */
export function trace(values: readonly Maybe[], step: number, y: (value: number) => number): string {
  let drawing = false;
  return values.map((value, i) => {
    if (value === null || value === undefined) {
      drawing = false;
      return '';
    }
    const command = drawing ? 'L' : 'M';
    drawing = true;
    return `${command}${((i + 0.5) * step).toFixed(1)} ${y(value).toFixed(1)}`;
  }).join('');
}
