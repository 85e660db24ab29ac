// What Strava's brand guidelines ask of an app: its button, its attribution and its links. The owner of an app may put Strava's
// official images into public/strava/ (see the README); until then all three are text.
import type { ComponentChildren } from 'preact';
import { connectStrava } from '../app/routes';

/** Leads to Strava for the athlete's consent. */
export const ConnectWithStrava = ({ children = 'Connect with Strava' }: { children?: ComponentChildren }) => <a class="strava" href={connectStrava}>{children}</a>;

export const PoweredByStrava = () => <span class="powered">Powered by Strava</span>;

/** Leads to an activity where it came from. */
export const ViewOnStrava = ({ id }: { id: string }) => (
  <a href={`https://www.strava.com/activities/${id}`} target="_blank" rel="noopener">View on Strava</a>
);
