import type { Schemas } from '../../api/client';
import './steps.css';

const names: Record<string, string> = { account: 'Account', consent: 'Consent', profile: 'You', strava: 'Strava', first_sync: 'Import' };

/** Where one is on the way. */
export function Steps({ progress }: { progress: Schemas['Progress'] }) {
  return (
    <ol class="steps" aria-label="Steps">
      {progress.steps.map((step) => (
        <li key={step.name} data-status={step.status} aria-current={step.status === 'current' ? 'step' : undefined}>
          {names[step.name] ?? step.name}
          {step.status === 'done' && <span class="hidden"> (done)</span>}
        </li>
      ))}
    </ol>
  );
}
