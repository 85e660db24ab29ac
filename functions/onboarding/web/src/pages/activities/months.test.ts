import { expect, test } from 'vitest';
import type { Schemas } from '../../api/client';
import { monthName, monthsOf } from './months';

const activity = (day: string, load: number | null) => ({ local_day: day, distance_m: 1000, moving_s: 60, trimp: { value: load } }) as Schemas['Activity'];
const some = [activity('2026-11-02', 50), activity('2026-11-01', null), activity('2026-10-31', 30)];

test('a month sums up what has a load, once all of it is there', () => {
  expect(monthsOf(some, false).map(({ key, activities, sums }) => [key, activities.length, sums])).toEqual([
    ['2026-11', 2, { distance: 2000, moving: 120, load: 50 }],
    ['2026-10', 1, { distance: 1000, moving: 60, load: 30 }],
  ]);
  expect(monthsOf(some, true).at(-1)!.sums, 'an older page may hold more of it').toBeUndefined();
  expect(monthsOf([activity('2026-11-01', null)], false)[0]!.sums!.load, 'no load is not a load of 0').toBeNull();
  expect(monthName('2026-03')).toBe('March 2026');
});
