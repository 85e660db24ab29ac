import { expect, test } from 'vitest';
import { filterOf, queryOf, sportsOf } from './filter';

test('an address and a filter say the same', () => {
  const filter = { sport: 'TrailRun', quality: 'none', from: '2026-01-01', to: '2026-06-30' } as const;
  expect(queryOf(filter)).toBe('?sport=TrailRun&quality=none&from=2026-01-01&to=2026-06-30');
  expect(filterOf(Object.fromEntries(new URLSearchParams(queryOf(filter))))).toEqual(filter);
  expect([queryOf({}), filterOf({})]).toEqual(['', {}]);
});

test('what the server would refuse is not asked for', () => {
  expect(filterOf({ sport: 'a b', quality: 'good', from: 'yesterday', to: '2026-6-3', strava: 'connected' })).toEqual({});
});

test('the sport that is chosen can be seen, even where nothing of it is', () => {
  expect(sportsOf([{ sport_type: 'Run' }, { sport_type: 'Ride' }, { sport_type: 'Run' }], 'Swim')).toEqual(['Ride', 'Run', 'Swim']);
});
