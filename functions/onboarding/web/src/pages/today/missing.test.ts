import { expect, test } from 'vitest';
import type { Schemas } from '../../api/client';
import { lacksOf } from './missing';
import { placeOf, zoneOf } from './ratio';

const meta = { activities: 60, unscored: 0, provisional: 0, history_days: 300, warming_up: false, coverage: { value: 1 }, metric: 'trimp', time_zone: 'UTC', today: '2026-11-26' } as Schemas['Meta'];
const sync = { phase: 'done', activities: 60, refined: 60, pending: 0, parked: 0 } as unknown as Schemas['SyncProgress'];
const settings = (estimated: string[], proposals: object[] = []) => ({ thresholds: { estimated }, proposals }) as unknown as Schemas['Settings'];

test('nothing is lacking where everything is known', () => {
  expect(lacksOf(meta, settings([]), sync)).toEqual([]);
  expect(lacksOf(undefined, undefined, undefined)).toEqual([]);
});

test('each lack is told with its reason', () => {
  const titles = lacksOf({ ...meta, unscored: 1, provisional: 4, history_days: 12, warming_up: true, coverage: { value: 0.59 } }, settings(['lthr', 'max_hr', 'resting_hr']), { ...sync, parked: 2 });
  expect(titles.map((lack) => lack.title)).toEqual([
    'Still warming up', '1 activity has no load', '4 loads rest on an average heart rate', 'The samples of 2 activities could not be read',
    'Your maximum heart rate and resting heart rate are estimates',
  ]);
  expect(titles[1]!.why).toContain('59 %');
});

test('a maximum that the heart has outrun is told', () => {
  expect(lacksOf(meta, settings([], [{ kind: 'max_hr', value: 193, current: 188 }]), sync).map((lack) => lack.title)).toEqual(['Your heart reached 193 bpm, and 188 is used as its maximum']);
});

test('samples that are on their way are told as such', () => {
  expect(lacksOf({ ...meta, provisional: 4 }, undefined, { ...sync, phase: 'refining' })[0]!.why).toContain('being read');
});

test('a ratio stands in its zone and on the scale', () => {
  const lines = { low: 0.8, high: 1.3 };
  expect([0.79, 0.8, 1.3, 1.31].map((ratio) => zoneOf(ratio, lines))).toEqual(['low', 'usual', 'usual', 'high']);
  expect([-1, 0, 1, 2, 5].map(placeOf)).toEqual([0, 0, 50, 100, 100]);
});
