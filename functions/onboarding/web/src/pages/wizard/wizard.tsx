import { useLocation } from 'preact-iso';
import type { Schemas } from '../../api/client';
import { useOnboarding, useSync } from '../../api/queries';
import { routes } from '../../app/routes';
import { ButtonLink } from '../../ui/button';
import { Outcome } from '../../ui/outcome';
import { Page } from '../../ui/page';
import { ImportProgress } from '../../ui/import-progress';
import { Loaded } from '../../ui/state';
import { ConnectWithStrava, PoweredByStrava } from '../../ui/strava';
import { ProfileStep } from './profile';
import { Steps } from './steps';

/** The way to a first load chart, a step at a time. What the server knows decides where one is; nothing is remembered here. */
export function WizardPage() {
  const { query } = useLocation();
  const onboarding = useOnboarding();
  return (
    <Page title="Set up Train-D" narrow>
      <Outcome word={query.strava} />
      <Loaded from={onboarding} heights={[2, 20]}>
        {(progress) => (
          <>
            <Steps progress={progress} />
            <Step progress={progress} reload={onboarding.reload} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Step({ progress, reload }: { progress: Schemas['Progress']; reload: () => Promise<void> }) {
  switch (progress.next) {
    case 'profile': return <ProfileStep reload={reload} />;
    case 'strava': return <StravaStep />;
    default: return <ImportStep />;
  }
}

function StravaStep() {
  return (
    <section class="card stack">
      <h2>Your activities</h2>
      <p>Train-D needs to read your activities, private ones included if you allow it. It never writes to Strava.</p>
      <div class="row"><ConnectWithStrava /></div>
      <PoweredByStrava />
    </section>
  );
}

function ImportStep() {
  const sync = useSync();
  return (
    <section class="card stack">
      <h2>Your history</h2>
      <Loaded from={sync} heights={[3]}>{(progress) => <ImportProgress sync={progress} />}</Loaded>
      <div class="row"><ButtonLink href={routes.today}>See where you stand today</ButtonLink></div>
    </section>
  );
}
