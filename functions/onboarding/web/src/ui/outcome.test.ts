import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { endings } from './outcome';

test('every way back from Strava that the server knows has its words', () => {
  const source = readFileSync('../../../shared/api/strava.go', 'utf8');
  const words = [...source.matchAll(/^\toutcome\w+\s+outcome = "([a-z-]+)"/gm)].map((match) => match[1]!);
  expect(words).toContain('denied');
  expect(Object.keys(endings).sort()).toEqual(words.sort());
});
