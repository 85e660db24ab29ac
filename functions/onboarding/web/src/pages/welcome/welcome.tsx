import { useLocation } from 'preact-iso';
import { useEffect } from 'preact/hooks';
import { routes } from '../../app/routes';
import { ButtonLink } from '../../ui/button';
import { Outcome } from '../../ui/outcome';
import { SampleChart } from './sample';
import './welcome.css';

const promises = [
  ['Every heartbeat counts', 'Load is computed from each recorded second, not from an average, and every figure says what it rests on.'],
  ['Words before numbers', 'Each day starts with a sentence on how this week stands against the last four. The figures are one click away.'],
  ['No black box', 'Every metric is explained in plain words with its formula’s source. Nothing is made up where data is missing.'],
] as const;

/** The first page of somebody who is not signed in. */
export function WelcomePage() {
  const { query } = useLocation();
  useEffect(() => void (document.title = 'Train-D: what your training does to you'), []);
  return (
    <div class="welcome">
      <Outcome word={query.strava} />
      <section class="hero">
        <div class="stack">
          <h1>See what your training does to you</h1>
          <p class="lead">Train-D reads your Strava activities and turns them into training load: fitness, fatigue and form, this week against the last four, effort against distance.</p>
          <div class="row">
            <ButtonLink href={routes.register}>Create an account</ButtonLink>
            <ButtonLink kind="quiet" href={routes.signIn}>Sign in</ButtonLink>
          </div>
          <p class="small muted">Your whole history appears within a minute. Train-D only reads; it never writes to Strava.</p>
        </div>
        <SampleChart />
      </section>
      <section class="promises" aria-label="What is different">
        {promises.map(([title, text]) => (
          <div key={title} class="card stack"><h2>{title}</h2><p class="muted">{text}</p></div>
        ))}
      </section>
    </div>
  );
}
