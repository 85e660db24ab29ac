import { expect, test } from 'vitest';
import { addDays, ago, day, dayIn, daysBetween, mondayOf, nearDay, timeIn, until } from './date';

test('days are counted by the calendar, whatever the zone or its clock changes', () => {
  expect(addDays('2026-02-28', 1)).toBe('2026-03-01');
  expect(addDays('2026-03-29', -1)).toBe('2026-03-28'); // Europe's clocks change
  expect(daysBetween('2024-02-28', '2024-03-01')).toBe(2);
  expect(mondayOf('2026-11-22')).toBe('2026-11-16'); // a Sunday
  expect(mondayOf('2026-11-23')).toBe('2026-11-23');
});

test('a day is one that nobody takes for another', () => {
  expect(day('2026-03-04')).toBe('4 Mar 2026');
  expect(day('2026-03-04', '2026-11-24')).toBe('4 Mar');
  expect(nearDay('2026-11-24', '2026-11-24')).toBe('Today');
  expect(nearDay('2026-11-23', '2026-11-24')).toBe('Yesterday');
  expect(nearDay('2026-11-17', '2026-11-24')).toBe('Tue 17 Nov');
  expect(nearDay('2025-11-24', '2026-11-24')).toBe('Mon 24 Nov 2025');
});

test('a moment is shown in the athlete’s zone', () => {
  const moment = '2026-11-24T23:30:00Z';
  expect(dayIn('Pacific/Auckland', new Date(moment))).toBe('2026-11-25');
  expect(dayIn('America/Los_Angeles', new Date(moment))).toBe('2026-11-24');
  expect(timeIn('Europe/Berlin', moment)).toBe('00:30');
});

test('freshness is told in the unit that fits', () => {
  const now = Date.parse('2026-11-24T12:00:00Z');
  expect(ago('2026-11-24T11:59:50Z', now)).toBe('just now');
  expect(ago('2026-11-24T12:00:30Z', now)).toBe('just now'); // a clock that is ahead
  expect(ago('2026-11-24T11:56:00Z', now)).toBe('4 min ago');
  expect(ago('2026-11-24T09:00:00Z', now)).toBe('3 h ago');
  expect(ago('2026-11-21T12:00:00Z', now)).toBe('3 days ago');
  expect(until('2026-11-24T12:00:20Z', now)).toBe('in less than a minute');
  expect(until('2026-11-24T12:12:00Z', now)).toBe('in about 12 min');
});
