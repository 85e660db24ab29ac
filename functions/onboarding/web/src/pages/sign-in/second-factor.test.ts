import { expect, test } from 'vitest';
import { Refused, Unreachable } from '../../api/problem';
import { secondFactorOf } from './second-factor';

test('a refused sign-in tells whether a second factor is asked for', () => {
  const refused = (code: string) => secondFactorOf(new Refused(401, code, 'no'));
  expect(refused('second-factor-needed')).toBe('needed');
  expect(refused('second-factor-wrong')).toBe('wrong');
  expect(refused('wrong-credentials')).toBeUndefined();
  expect(secondFactorOf(new Unreachable())).toBeUndefined();
});
