import { expect, test } from 'vitest';
import { count, number, percent, signed } from './number';

test('a number has a real minus sign, and none where it rounds to zero', () => {
  expect(number(-9.6, 1)).toBe('−9.6');
  expect(number(-0.04, 1)).toBe('0.0');
  expect(signed(-0.4)).toBe('0');
  expect(signed(3.21, 1)).toBe('+3.2');
  expect(signed(0.01, 1)).toBe('0.0');
});

test('what is absent is a dash and never 0', () => {
  for (const value of [null, undefined, NaN, Infinity]) expect(number(value)).toBe('–');
  expect(percent(null)).toBe('–');
  expect(number(0)).toBe('0');
});

test('thousands are grouped from five digits on', () => {
  expect(number(9999)).toBe('9999');
  expect(number(12345.678, 1)).toBe('12\u202f345.7');
  expect(number(1234567)).toBe('1\u202f234\u202f567');
});

test('a share that is not all is not called all', () => {
  expect(percent(0.999)).toBe('99 %');
  expect(percent(1)).toBe('100 %');
  expect(percent(0.29)).toBe('29 %'); // 28.999… in floating point
});

test('a count agrees with its noun', () => {
  expect(count(1, 'activity', 'activities')).toBe('1 activity');
  expect(count(0, 'day')).toBe('0 days');
});
