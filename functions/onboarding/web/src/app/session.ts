import { signal } from '@preact/signals';
import { bodyOf, onSignedOut, server, type Schemas } from '../api/client';
import { Refused } from '../api/problem';
import { forgetAnswers } from '../api/resource';
import { routes } from './routes';

export type Who = Schemas['Who'];

/** Who is signed in: undefined until the server has said, null where nobody is. */
export const who = signal<Who | null | undefined>(undefined);

/** Why it is not known who is signed in. */
export const unknownBecause = signal<unknown>(undefined);

const returnKey = 'return-to';

/** Asks the server who is signed in. */
export async function recallSession(): Promise<void> {
  try {
    who.value = await bodyOf(server.GET('/v1/session'));
    unknownBecause.value = undefined;
  } catch (error) {
    if (error instanceof Refused && error.status === 401) who.value = null;
    else unknownBecause.value = error;
  }
}

/** Takes note of who signed in, and says where they had been. */
export function begin(person: Who): string {
  forgetAnswers();
  who.value = person;
  const target = sessionStorage.getItem(returnKey) ?? routes.today;
  sessionStorage.removeItem(returnKey);
  return target;
}

/** Remembers where to return to after signing in. */
export function rememberPlace(address: string): void {
  sessionStorage.setItem(returnKey, address);
}

/** Whether a person comes back from a session that ended by itself. */
export const wasSignedIn = () => sessionStorage.getItem(returnKey) !== null;

/** The session is over: nothing of it stays in the page. */
export function forget(): void {
  sessionStorage.removeItem(returnKey);
  forgetAnswers();
  who.value = null;
}

onSignedOut.call = () => {
  if (!who.peek()) return; // asked at the start: nobody had been signed in
  rememberPlace(location.pathname + location.search);
  forgetAnswers();
  who.value = null;
};
