// What Strava's brand guidelines ask of an app: its button, its attribution and its links. The owner of an app may put Strava's
// official images into src/brand (its README says which); until then all three are text.
import type { ComponentChildren } from 'preact';
import { connectStrava, signInByStrava } from '../app/routes';

const images = import.meta.glob<string>('../brand/*.svg', { eager: true, query: '?url', import: 'default' });
const connect = images['../brand/connect.svg'];
const powered = images['../brand/powered.svg'];

/** Leads to Strava to sign in, or, where the terms are accepted, to open an account by it. */
export function ContinueWithStrava({ acceptTerms, children }: { acceptTerms?: boolean; children: ComponentChildren }) {
  return <a class="strava" href={acceptTerms ? `${signInByStrava}?accept_terms=true` : signInByStrava}>{children}</a>;
}

/** Leads to Strava for the athlete's consent. */
export const ConnectWithStrava = ({ children = 'Connect with Strava' }: { children?: ComponentChildren }) => connect
  ? <a class="strava-image" href={connectStrava}><img src={connect} height={48} alt="Connect with Strava" /></a>
  : <a class="strava" href={connectStrava}>{children}</a>;

export const PoweredByStrava = () => powered
  ? <img class="powered" src={powered} height={20} alt="Powered by Strava" />
  : <span class="powered">Powered by Strava</span>;

/** Leads to an activity where it came from. */
export const ViewOnStrava = ({ id }: { id: string }) => (
  <a href={`https://www.strava.com/activities/${id}`} target="_blank" rel="noopener">View on Strava</a>
);
