import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { knownDoubts } from './doubts';
import { knownReasons } from './reasons';

test('every reason of the server has its words', () => {
  const source = readFileSync('../../../shared/training/figure.go', 'utf8');
  const named = [...source.matchAll(/^\tReason\w+\s+Reason = "([a-z_]+)"/gm)].map((match) => match[1]!);
  expect(named).toContain('short_history');
  expect([...knownReasons].sort()).toEqual(named.sort());
});

test('every doubt of the server has its words', () => {
  const source = readFileSync('../../../shared/load/confidence.go', 'utf8');
  const named = [...source.matchAll(/^\tDoubt\w+\s+Doubt = "([a-z_]+)"/gm)].map((match) => match[1]!);
  expect(named).toContain('warming_up');
  expect([...knownDoubts].sort()).toEqual(named.sort());
});
