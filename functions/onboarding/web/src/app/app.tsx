import { ErrorBoundary, LocationProvider, Route, Router, useLocation } from 'preact-iso';
import { useEffect } from 'preact/hooks';
import { RegisterPage } from '../pages/register/register';
import { SignInPage } from '../pages/sign-in/sign-in';
import { TodayPage } from '../pages/today/today';
import { WelcomePage } from '../pages/welcome/welcome';
import { Trouble } from '../ui/notice';
import { Page } from '../ui/page';
import { Empty, Skeleton } from '../ui/state';
import { ButtonLink } from '../ui/button';
import { health } from './health';
import { fetchParts, part } from './part';
import { routes } from './routes';
import { recallSession, rememberPlace, unknownBecause, who } from './session';
import { Shell } from './shell';

const WizardPage = part(() => import('../pages/wizard/wizard').then((m) => m.WizardPage));
const LoadPage = part(() => import('../pages/load/load').then((m) => m.LoadPage));
const ActivitiesPage = part(() => import('../pages/activities/activities').then((m) => m.ActivitiesPage));
const ActivityPage = part(() => import('../pages/activities/activity').then((m) => m.ActivityPage));
const ResetPage = part(() => import('../pages/account/reset').then((m) => m.ResetPage));
const VerifyPage = part(() => import('../pages/account/verify').then((m) => m.VerifyPage));
const ErasedPage = part(() => import('../pages/account/erased').then((m) => m.ErasedPage));
const TermsPage = part(() => import('../pages/documents/document').then((m) => m.TermsPage));
const PrivacyPage = part(() => import('../pages/documents/document').then((m) => m.PrivacyPage));
const HealthDataPage = part(() => import('../pages/documents/document').then((m) => m.HealthDataPage));
const SettingsPage = part(() => import('../pages/settings/settings').then((m) => m.SettingsPage));

/** The app: which page stands at which address, and for whom. */
export function App() {
  return (
    <LocationProvider scope={/^\/(?!v1\/)/}>
      <ErrorBoundary>
        <Shell><Pages /></Shell>
      </ErrorBoundary>
    </LocationProvider>
  );
}

function Pages() {
  if (who.value === undefined) {
    if (unknownBecause.value !== undefined) return <Unknown />;
    return <Skeleton heights={[2, 12]} />;
  }
  return who.value ? <SignedIn /> : <SignedOut />;
}

/** The server has not said who is signed in; asked again as soon as it is well. */
function Unknown() {
  const state = health.value;
  useEffect(() => void (state === 'well' && recallSession()), [state]);
  return (
    <Page title="Train-D cannot be opened" narrow>
      <Trouble error={unknownBecause.value} retry={() => void recallSession()} />
    </Page>
  );
}

function SignedIn() {
  useEffect(fetchParts, []);
  return (
    <Router>
      <Route path={routes.today} component={TodayPage} />
      <Route path={routes.welcome} component={WizardPage} />
      <Route path={routes.load} component={LoadPage} />
      <Route path={routes.activities} component={ActivitiesPage} />
      <Route path={routes.activity} component={ActivityPage} />
      <Route path={routes.settings} component={SettingsPage} />
      <Route path={routes.register} component={ToToday} />
      <Route path={routes.signIn} component={ToToday} />
      <Route path={routes.reset} component={ResetPage} />
      <Route path={routes.verify} component={VerifyPage} />
      <Route path={routes.erased} component={ErasedPage} />
      <Route path={routes.terms} component={TermsPage} />
      <Route path={routes.privacy} component={PrivacyPage} />
      <Route path={routes.healthData} component={HealthDataPage} />
      <Route default component={NotFound} />
    </Router>
  );
}

function SignedOut() {
  return (
    <Router>
      <Route path={routes.today} component={WelcomePage} />
      <Route path={routes.register} component={RegisterPage} />
      <Route path={routes.signIn} component={SignInPage} />
      <Route path={routes.welcome} component={ToSignIn} />
      <Route path={routes.load} component={ToSignIn} />
      <Route path={routes.activities} component={ToSignIn} />
      <Route path={routes.activity} component={ToSignIn} />
      <Route path={routes.settings} component={ToSignIn} />
      <Route path={routes.reset} component={ResetPage} />
      <Route path={routes.verify} component={VerifyPage} />
      <Route path={routes.erased} component={ErasedPage} />
      <Route path={routes.terms} component={TermsPage} />
      <Route path={routes.privacy} component={PrivacyPage} />
      <Route path={routes.healthData} component={HealthDataPage} />
      <Route default component={NotFound} />
    </Router>
  );
}

function Redirect({ to }: { to: string }) {
  const { route } = useLocation();
  useEffect(() => route(to, true), [to]);
  return null;
}

const ToToday = () => <Redirect to={routes.today} />;

/** Whoever opens a page that asks for an account comes back to it after signing in. */
function ToSignIn() {
  rememberPlace(location.pathname + location.search);
  return <Redirect to={routes.signIn} />;
}

function NotFound() {
  return (
    <Page title="Nothing here">
      <Empty title="There is no page at this address" actions={<ButtonLink href={routes.today}>Go to the first page</ButtonLink>}>
        The link may be old, or a letter of it got lost.
      </Empty>
    </Page>
  );
}
