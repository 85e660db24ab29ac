import { useState } from 'preact/hooks';
import { bodyOf, server, type Schemas } from '../../api/client';
import { useResource } from '../../api/resource';
import { day, dayIn } from '../../format/date';
import { count, number } from '../../format/number';
import { capital } from '../../format/text';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { Trouble } from '../../ui/notice';
import { Loaded } from '../../ui/state';
import { causeWords } from './causes';
import { Headlines } from './headlines';

type Change = Schemas['LoadChange'];

const pageSize = 5;

const page = (before?: number) => bodyOf(server.GET('/v1/training-load/changes', { params: { query: { before, limit: pageSize } } }));

/** Why figures are others than they were. After a change of the settings another one is `awaited`: it begins a moment later. */
export function Changes({ awaited, zone }: { awaited: boolean; zone: string }) {
  const first = useResource('load changes', () => page(), {
    version: String(awaited), every: (known) => (awaited || known?.changes.some((one) => !one.finished_at) ? 1000 : undefined),
  });
  return (
    <section class="card stack" id="changes">
      <h2>What changed your figures</h2>
      <Loaded from={first} heights={[6]}>
        {({ changes, next }) => (changes.length === 0
          ? <p class="muted">Nothing so far. When a setting changes loads that were computed before, it stands here: which ones, and what they were.</p>
          : <Pages key={changes[0]!.id} changes={changes} next={next} zone={zone} />)}
      </Loaded>
    </section>
  );
}

function Pages({ changes, next, zone }: { changes: Change[]; next?: number; zone: string }) {
  const [older, setOlder] = useState<{ changes: Change[]; next?: number }>({ changes: [], next });
  const more = useAction(async () => {
    const found = await page(older.next);
    setOlder({ changes: [...older.changes, ...found.changes], next: found.next });
  });
  return (
    <>
      <ol class="known" aria-label="Changes, the latest first">{[...changes, ...older.changes].map((one) => <One key={one.id} change={one} zone={zone} />)}</ol>
      <Trouble error={more.error} />
      {older.next && <div class="row"><Button type="button" kind="quiet" small busy={more.busy} onClick={() => void more.run()}>Show earlier ones</Button></div>}
    </>
  );
}

function One({ change, zone }: { change: Change; zone: string }) {
  const { causes, begun_at: begun, finished_at: finished, activities, first_day: first, trimp_before: before, trimp_after: after } = change;
  return (
    <li class="stack change">
      <div class="row apart"><h3>{capital(causes.map(causeWords).join(', ') || 'settings')}</h3><span class="small muted">{day(dayIn(zone, new Date(begun)))}</span></div>
      <p class="small">
        {!finished && <><span class="tag info">recomputing …</span> </>}
        {activities === 0
          ? finished && 'No load came out differently.'
          : <>{count(activities, 'activity has', 'activities have')} another load{first && `, from ${day(first)} on`}: together <span class="figure">{number(before)} → {number(after)}</span>.</>}
      </p>
      <Headlines before={change.before} after={change.after} />
    </li>
  );
}
