import type { Schemas } from '../../api/client';
import { until } from '../../format/date';
import { capital } from '../../format/text';
import { Notice } from '../../ui/notice';
import { Retry } from '../../ui/retry';

/** Why an activity's samples could not be had, and what happens next. */
export function Parked({ activity, reload }: { activity: Schemas['ActivityDetail']; reload: () => Promise<void> }) {
  return (
    <Notice kind="warn" title="Its samples could not be read" actions={<Retry id={activity.id} onAsked={reload} />}>
      {activity.streams_reason ? `${capital(activity.streams_reason)}.` : 'Strava did not give them.'}
      {activity.streams_retry_at && ` It is tried again ${until(activity.streams_retry_at)}.`} Until then its load comes from the average heart rate where there is one.
    </Notice>
  );
}
