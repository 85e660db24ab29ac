import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { coursesOf, rangeWords, sportGroups, thresholdKinds, typed, written } from './threshold-kinds';

const kind = (name: string) => thresholdKinds.find((one) => one.kind === name)!;

test('the ranges are the server’s', () => {
  const source = readFileSync('../../../shared/athlete/validate.go', 'utf8');
  const bounds = [...source.matchAll(/^\tstore\.Threshold(\w+):\s+\{([\d.]+), ([\d.]+)\}/gm)].map((match) => [Number(match[2]), Number(match[3])]);
  const inOrder = ['resting_hr', 'max_hr', 'lthr', 'vt1_hr', 'vt2_hr', 'ftp', 'threshold_pace', 'swim_pace', 'weight'];
  expect(inOrder.map((name) => kind(name).range)).toEqual(bounds);
  expect(thresholdKinds).toHaveLength(inOrder.length);
});

test('a pace is minutes and seconds in the athlete’s unit', () => {
  expect(typed(kind('threshold_pace'), '4:30', 'metric')).toBe(270);
  expect(typed(kind('threshold_pace'), '7:14', 'imperial')).toBeCloseTo(269.7, 1);
  expect(written(kind('threshold_pace'), 269.67, 'imperial')).toBe('7:14');
  expect(typed(kind('threshold_pace'), '4.5', 'metric'), 'minutes or seconds?').toBeUndefined();
  expect(rangeWords(kind('swim_pace'), 'metric')).toBe('0:50–5:00 /100 m');
});

test('other values are plain numbers', () => {
  expect(typed(kind('weight'), '135', 'imperial')).toBeCloseTo(61.23, 2);
  expect(typed(kind('weight'), '61,5', 'metric')).toBe(61.5);
  expect(written(kind('weight'), 61.5, 'metric')).toBe('61.5');
  expect(typed(kind('max_hr'), '1:88', 'metric')).toBeUndefined();
  expect(typed(kind('max_hr'), 'fast', 'metric')).toBeUndefined();
});

test('every group of sports of the server has its name', () => {
  const source = readFileSync('../../../shared/training/summary.go', 'utf8');
  const groups = [...source.matchAll(/^\tSport\w+\s+Sport = "([a-z_]+)"/gm)].map((match) => match[1]!);
  expect(groups).toContain('ride');
  expect(Object.keys(sportGroups).sort()).toEqual(['', ...groups].sort());
});

test('values stand by sport and by day', () => {
  const dated = (sport: string | undefined, effective_from: string, value: number, kind = 'max_hr') => ({ kind, effective_from, value, ...(sport && { sport }) });
  const history = [dated('ride', '2026-03-01', 182), dated(undefined, '2026-05-01', 186), dated(undefined, '2025-05-01', 188), dated(undefined, '2025-05-01', 52, 'resting_hr')];
  expect(coursesOf(history, 'max_hr').map(({ sport, values }) => [sport, values.map((one) => one.value)])).toEqual([['', [188, 186]], ['ride', [182]]]);
  expect(coursesOf(history, 'ftp')).toEqual([]);
});
