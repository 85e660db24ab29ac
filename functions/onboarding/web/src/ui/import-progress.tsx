import type { Sync } from '../api/queries';
import { ago, until } from '../format/date';
import { count, number } from '../format/number';
import { Progress } from './progress';

/** How far an import is, live, in words and as a bar. */
export function ImportProgress({ sync }: { sync: Sync }) {
  const share = sync.phase === 'listing' ? undefined : sync.activities ? sync.refined / sync.activities : 1;
  return (
    <div class="stack">
      <Progress share={share} label="Import" />
      <p role="status">{progressWords(sync)}</p>
      {sync.last_error && <p class="small muted">{sync.last_error}</p>}
    </div>
  );
}

/** An import's progress in a sentence or two. */
export function progressWords(sync: Sync): string {
  const activities = count(sync.activities, 'activity', 'activities');
  switch (sync.phase) {
    case 'listing':
      return sync.activities ? `${activities} so far; your whole history is being listed.` : 'Asking Strava for your history …';
    case 'refining':
      return `${number(sync.refined)} of ${activities} refined from their samples. Until then, loads from averages are provisional.${sync.eta ? ` Ready ${until(sync.eta)}.` : ''}`;
    case 'done':
      return `${activities} ${sync.activities === 1 ? 'is' : 'are'} in${sync.synced_at ? `, synced ${ago(sync.synced_at)}` : ''}.`;
    case 'reconnect':
      return 'Strava no longer accepts the connection.';
    case 'idle':
      return 'Strava is not connected.';
  }
}
