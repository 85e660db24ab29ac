import { expect, test } from 'vitest';
import type { Series } from './view';
import { csvOf, weeksOf } from './weeks';

const days = 12; // Thursday 1 January 2026 to Monday 12 January
const column = (value: (i: number) => number | null) => ({ values: Array.from({ length: days }, (_, i) => value(i)), gaps: [] });
const series = new Proxy({ first: '2026-01-01', settings: { load: 'trimp' } } as Record<string, unknown>, {
  get(known, name: string) {
    if (name in known) return known[name];
    if (name === 'activities' || name === 'unscored') return Array.from({ length: days }, (_, i) => (name === 'activities' ? 1 : Number(i === 4)));
    if (name.startsWith('intensity')) return [0.7, 0.2, 0.1].map((share) => column(() => share));
    return column((i) => (name === 'acwr' ? null : i));
  },
}) as unknown as Series;

test('weeks run from Monday to Sunday, newest first, and say when they are not whole', () => {
  const weeks = weeksOf(series, 0, days - 1);
  expect(weeks.map((week) => [week.monday, week.partial, week.load, week.activities, week.unscored])).toEqual([
    ['2026-01-12', true, 11, 1, 0],
    ['2026-01-05', false, 4 + 5 + 6 + 7 + 8 + 9 + 10, 7, 1],
    ['2025-12-29', true, 0 + 1 + 2 + 3, 4, 0],
  ]);
  expect(weeks[1]).toMatchObject({ ctl: 10, acwr: null });
});

test('a range that cuts a week tells it whole', () => {
  expect(weeksOf(series, 6, 7).map((week) => week.load)).toEqual([49]);
});

test('the file has a line for each day, with nothing where a figure is absent', () => {
  const lines = csvOf(series, 3, 4).trimEnd().split('\r\n');
  expect(lines).toHaveLength(3);
  const heads = lines[0]!.split(',');
  const first = lines[1]!.split(',');
  expect(first).toHaveLength(heads.length);
  expect(Object.fromEntries(heads.map((head, i) => [head, first[i]]))).toMatchObject({ day: '2026-01-04', trimp: '3', acwr: '', easy_7: '0.7', hard_28: '0.1' });
});

test('a week without any known load has none, not 0', () => {
  const unknown = { ...series, first: '2026-01-05', activities: [2], unscored: [2], settings: { load: 'trimp' }, trimp: { values: [0] }, external_km: { values: [8] }, ...Object.fromEntries(['ctl', 'tsb', 'acwr', 'divergence', 'monotony', 'strain'].map((name) => [name, { values: [null] }])) } as unknown as Series;
  expect(weeksOf(unknown, 0, 0)).toMatchObject([{ load: null, external: 8, unscored: 2 }]);
});
