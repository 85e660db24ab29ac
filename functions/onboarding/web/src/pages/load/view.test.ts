import { expect, test } from 'vitest';
import { fit, lastDays, read, show, showDays, viewOf } from './view';

test('a range lies inside the history, in order, and is a week at least', () => {
  expect(fit(100, 20, 60)).toEqual([20, 60]);
  expect(fit(100, 60, 20)).toEqual([20, 60]);
  expect(fit(100, 50.4, 51)).toEqual([50, 56]);
  expect(fit(100, 98, 99)).toEqual([93, 99]);
  expect(fit(100, -30, 400)).toEqual([0, 99]);
  expect(fit(3, 1, 2)).toEqual([0, 2]);
  expect(lastDays(3, 42)).toEqual([0, 2]);
});

test('a drag shows whole days, and half a day of air around them', () => {
  const view = viewOf('2026-01-01', 200);
  show(view, view.x[10]! - 20_000, view.x[40]! + 20_000);
  expect(view.range.value).toEqual([10, 40]);
  expect(view.span.value).toEqual([view.x[10]! - 43_200, view.x[40]! + 43_200]);
  showDays(view, '2026-02-01', '2026-02-28');
  expect(view.range.value).toEqual([31, 58]);
  showDays(view, '', '2026-02-28');
  expect(view.range.value, 'half a date changes nothing').toEqual([31, 58]);
});

test('the day that is read is the pointer’s, else the chosen one, else the last that is shown', () => {
  const view = viewOf('2026-01-01', 200);
  expect(view.at.value).toBe(199);
  view.range.value = [10, 40];
  expect(view.at.value).toBe(40);
  read(view, 20);
  expect(view.at.value).toBe(20);
  view.pointer.value = 33;
  expect(view.at.value).toBe(33);
  view.pointer.value = null;
  read(view, 5);
  expect(view.range.value, 'what is shown moves along').toEqual([5, 35]);
  expect(view.at.value).toBe(5);
});
