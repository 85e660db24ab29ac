import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { knownFlags, methodWords } from './words';

test('every flag and method of the server has its words', () => {
  const figures = readFileSync('../../../shared/training/figures.go', 'utf8');
  const zones = readFileSync('../../../shared/training/zones.go', 'utf8');
  const named = (source: string, type: string) => [...source.matchAll(new RegExp(`^\\t\\w+\\s+${type} = "([a-z_]+)"`, 'gm'))].map((match) => match[1]!);
  const flags = named(figures, 'Flag');
  expect(flags).toContain('partial');
  expect([...knownFlags].sort()).toEqual(flags.sort());
  const methods = [...named(figures, 'TSSMethod'), ...named(zones, 'ZoneMethod')];
  expect(methods).toHaveLength(9);
  for (const method of methods) expect(methodWords(method), method).not.toBe(method.replaceAll('_', ' '));
});
