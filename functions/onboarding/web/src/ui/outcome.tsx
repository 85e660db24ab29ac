import type { ComponentChildren } from 'preact';
import { Notice } from './notice';

interface Ending {
  kind: 'good' | 'warn' | 'bad';
  title: string;
  next: string;
}

/** How the way to Strava and back ended, by the word in the address: what happened, and the next step. */
export const endings: Record<string, Ending> = {
  connected: { kind: 'good', title: 'Strava is connected.', next: 'Your history is coming in.' },
  denied: { kind: 'warn', title: 'You did not authorize Train-D at Strava', next: 'So nothing was connected. Press “Connect with Strava” when you want to try again.' },
  state: { kind: 'warn', title: 'That answer from Strava cannot be used', next: 'It is too old, was used before or belongs to another session. Please connect again.' },
  scope: { kind: 'warn', title: 'Strava did not allow reading your activities', next: 'Connect again and leave the boxes about your activities ticked: without them there is nothing to compute.' },
  taken: { kind: 'bad', title: 'This Strava athlete belongs to another Train-D account', next: 'Sign in to that account instead, or sign in at Strava as another athlete and connect again.' },
  other: { kind: 'bad', title: 'This account is connected to another Strava athlete', next: 'Sign in at Strava as that athlete and connect again.' },
  erasing: { kind: 'warn', title: 'Your connection before is still being erased', next: 'That takes about a minute. Please connect again then.' },
  full: { kind: 'warn', title: 'Strava lets this app connect no further athlete at present', next: 'That is Strava’s limit, not yours. Your account stays; please try again in some days.' },
  code: { kind: 'warn', title: 'Strava did not accept the authorization', next: 'Please connect again.' },
  'signed-out': { kind: 'warn', title: 'Your session ended meanwhile', next: 'Sign in and connect again.' },
  'signed-in': { kind: 'good', title: 'Welcome back.', next: 'You are signed in by Strava.' },
  'no-account': { kind: 'warn', title: 'No account is connected to this Strava athlete yet', next: 'Create one: accept the terms there and continue with Strava, or sign in the way you registered and connect Strava then.' },
  'second-factor': { kind: 'warn', title: 'Your account has a second factor', next: 'Please sign in with e-mail address, password and code.' },
  throttled: { kind: 'warn', title: 'There were too many attempts from here', next: 'Please wait some minutes and try again.' },
  unavailable: { kind: 'bad', title: 'Strava or our database did not answer', next: 'If Strava is still not connected in a moment, please connect again.' },
};

/** Shows how the way to Strava ended, where one did. */
export function Outcome({ word, actions }: { word: string | undefined; actions?: ComponentChildren }) {
  if (!word) return null;
  const ending = endings[word] ?? { kind: 'warn', title: 'Connecting Strava ended in an unknown way', next: 'Please connect again.' };
  return <Notice kind={ending.kind} title={ending.title} actions={actions}>{ending.next}</Notice>;
}
