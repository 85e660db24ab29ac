import { useState } from 'preact/hooks';
import { bodyOf, server, type Schemas } from '../../api/client';
import { useResource } from '../../api/resource';
import { Refused } from '../../api/problem';
import { momentUTC } from '../../format/date';
import { count, number } from '../../format/number';
import { Notice } from '../../ui/notice';
import { Page } from '../../ui/page';
import { Progress } from '../../ui/progress';
import { Loaded } from '../../ui/state';
import { tokenOf } from './token';

/** How far an erasure is, for whoever holds its receipt. */
export function ErasedPage() {
  const [receipt] = useState(() => tokenOf(location.hash));
  const erasure = useResource(receipt ? `erasure ${receipt}` : undefined, () => bodyOf(server.GET('/v1/erasures/{receipt}', { params: { path: { receipt } } })), {
    every: (known) => (known && !known.erased_at ? 5_000 : undefined),
  });
  const unknown = !receipt || (erasure.error instanceof Refused && [404, 422].includes(erasure.error.status));
  return (
    <Page title="Erasure of an account" narrow>
      {unknown
        ? <Notice kind="warn" title="There is no such receipt">A part of it may have got lost, or it is too old: receipts are kept for a while and name nobody.</Notice>
        : <Loaded from={erasure} heights={[10]}>{(known) => <Receipt erasure={known} />}</Loaded>}
    </Page>
  );
}

const strava: Record<Schemas['ErasureReceipt']['strava'], string> = {
  pending: 'Its authorization is being ended there.',
  ended: 'Nothing of this account is authorized there any more.',
  superseded: 'The same athlete has connected anew since, with another account.',
  given_up: 'It did not answer for 30 days. Please look under “My Apps” there.',
};

function Receipt({ erasure }: { erasure: Schemas['ErasureReceipt'] }) {
  const rows = Object.values(erasure.erased).reduce((sum, n) => sum + n, 0);
  return (
    <section class="card stack">
      {erasure.erased_at
        ? <Notice kind="good" title="Nothing is left">That was counted over every table on {momentUTC(erasure.erased_at)}.</Notice>
        : <><Progress label="Erasure" /><p role="status">Everything is being erased, by {momentUTC(erasure.due_by)} at the latest.</p></>}
      <dl class="facts">
        <div><dt class="muted small">Asked for</dt><dd class="figure small">{momentUTC(erasure.requested_at)}</dd></div>
        <div><dt class="muted small">Gone so far</dt><dd class="figure small">{count(rows, 'row')}</dd></div>
      </dl>
      <p><strong>Strava:</strong> {strava[erasure.strava]}</p>
      {rows > 0 && (
        <details>
          <summary>By table</summary>
          <ul class="points small">{Object.entries(erasure.erased).filter(([, n]) => n > 0).map(([table, n]) => <li key={table}>{table.replaceAll('_', ' ')}: {number(n)}</li>)}</ul>
        </details>
      )}
    </section>
  );
}
