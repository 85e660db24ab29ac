import { expect, test } from 'vitest';
import { refusalOf, sentenceOf, Unreachable } from './problem';

const answer = (status: number, headers: HeadersInit = {}) => new Response(null, { status, headers });

test('a refusal says what happened, and when another attempt makes sense', () => {
  const body = { code: 'throttled', detail: 'There were too many attempts.' };
  expect(sentenceOf(refusalOf(answer(429, { 'Retry-After': '720' }), body))).toBe('There were too many attempts. You can try again in about 12 min.');
  expect(sentenceOf(refusalOf(answer(429), body))).toBe('There were too many attempts.');
  expect(sentenceOf(refusalOf(answer(502), '<html>'))).toBe('Something went wrong on our side. Please try again.');
  expect(sentenceOf(new Unreachable())).toContain('cannot be reached');
});

test('a field finds its mistake, wherever it stood in the request', () => {
  const refused = refusalOf(answer(422), { errors: [{ location: 'body.thresholds.max_hr', message: 'must be a number' }] });
  expect([refused.field('thresholds.max_hr'), refused.field('max_hr')]).toEqual(['must be a number', undefined]);
});
