import { expect, test } from 'vitest';
import { trace } from './trace';

test('a line is interrupted where a value is absent, and never drawn through 0 instead', () => {
  expect(trace([1, 2, null, 0, undefined, 3], 10, (v) => 100 - v)).toBe('M5.0 99.0L15.0 98.0M35.0 100.0M55.0 97.0');
  expect(trace([], 10, (v) => v)).toBe('');
});
