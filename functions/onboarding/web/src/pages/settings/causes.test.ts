import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { causeWords, knownCauses } from './causes';

test('every cause of the server has its words', () => {
  const patch = readFileSync('../../../shared/athlete/patch.go', 'utf8');
  const changes = readFileSync('../../../shared/store/load_changes.go', 'utf8');
  const named = [...patch.matchAll(/causes = append\(causes, "([a-z_]+)"\)/g), ...changes.matchAll(/^const Cause\w+ = "([a-z_]+)"/gm)].map((match) => match[1]!);
  expect(named).toContain('formula');
  expect(named.filter((cause) => !knownCauses.includes(cause))).toEqual([]);
  expect(causeWords('max_hr')).toBe('Maximum heart rate');
});
