import { useLocation } from 'preact-iso';
import { useEffect } from 'preact/hooks';
import type { Schemas } from '../../api/client';
import { useOnboarding, useSync } from '../../api/queries';
import { routes } from '../../app/routes';
import { ButtonLink } from '../../ui/button';
import { ImportCard } from '../../ui/import-card';
import { Outcome } from '../../ui/outcome';
import { Page } from '../../ui/page';
import { Loaded, Skeleton } from '../../ui/state';
import { ConnectStep } from './connect';
import { ConsentStep } from './consent';
import { ProfileStep } from './profile';
import { Steps } from './steps';
import './wizard.css';

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
    case 'consent': return <ConsentStep reload={reload} />;
    case 'profile': return <ProfileStep reload={reload} />;
    case 'strava': return <ConnectStep />;
    case 'first_sync': return <ImportStep />;
    default: return <ToToday />;
  }
}

function ImportStep() {
  const sync = useSync();
  return (
    <>
      <Loaded from={sync} heights={[16]}>{(progress) => <ImportCard sync={progress} />}</Loaded>
      <div><ButtonLink href={routes.today}>See where you stand today</ButtonLink></div>
    </>
  );
}

/** Everything is set up. */
function ToToday() {
  const { route } = useLocation();
  useEffect(() => route(routes.today, true), []);
  return <Skeleton heights={[12]} />;
}
