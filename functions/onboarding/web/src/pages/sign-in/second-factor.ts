import { Refused } from '../../api/problem';

/** What a refused sign-in says about the second factor: it is asked for, or the code was wrong; undefined where it is about something else. */
export function secondFactorOf(error: unknown): 'needed' | 'wrong' | undefined {
  if (!(error instanceof Refused)) return undefined;
  switch (error.code) {
    case 'second-factor-needed': return 'needed';
    case 'second-factor-wrong': return 'wrong';
  }
  return undefined;
}
