import type { Schemas } from '../../api/client';
import { useSync } from '../../api/queries';
import { until } from '../../format/date';
import { Notice } from '../../ui/notice';

/** Why an activity's samples could not be had, and what happens next. */
export function Parked({ activity }: { activity: Schemas['ActivityDetail']; reload: () => Promise<void> }) {
  const sync = useSync();
  const waiting = sync.data?.waiting?.find((one) => one.id === activity.id);
  return (
    <Notice kind="warn" title="Its samples could not be read">
      {activity.streams_reason ?? waiting?.reason ?? 'Strava did not give them.'}
      {waiting?.retry_at && ` It is tried again ${until(waiting.retry_at)}.`} Until then its load comes from the average heart rate where there is one.
    </Notice>
  );
}
