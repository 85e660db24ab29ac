import { expect, test } from 'vitest';
import { smooth, tracksOf } from './samples';

test('a smoothed value is the mean of the seconds around it, by time and not by count', () => {
  expect(smooth([0, 1, 2, 3, 100], [1, 2, 3, 4, 50], 2)).toEqual([1.5, 2, 3, 3.5, 50]);
});

test('a missing sample stays missing and lowers no mean', () => {
  expect(smooth([0, 1, 2], [10, null, 20], 10)).toEqual([15, null, 15]);
});

test('there is a chart for what was recorded and none for the rest', () => {
  const samples = { time_s: [0, 1], heart_rate: [120, 121], watts: [null, null], altitude_m: [100, null] };
  expect(tracksOf(samples, 'Run', 'imperial').map((track) => [track.name, Math.round(track.values[0]!)])).toEqual([['Heart rate', 120], ['Altitude', 328]]);
});
