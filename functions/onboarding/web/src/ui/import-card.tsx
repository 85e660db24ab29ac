import { type Sync, useSeries, versionOf } from '../api/queries';
import { dayIn, addDays, ownZone } from '../format/date';
import { number, type Maybe } from '../format/number';
import { ImportProgress } from './import-progress';
import { Sketch, SketchKey } from './sketch';

const shownDays = 182;

/** An import under way: how far it is, and the load that it has brought so far, which refines while one looks. */
export function ImportCard({ sync }: { sync: Sync }) {
  return (
    <section class="card stack import" aria-label="Import">
      <h2>{sync.phase === 'done' ? 'Your history is in' : 'Your history is coming in'}</h2>
      <ImportProgress sync={sync} />
      {sync.activities > 0 && <SoFar version={versionOf(sync)} />}
    </section>
  );
}

function SoFar({ version }: { version: string }) {
  const series = useSeries(version, addDays(dayIn(ownZone()), -shownDays));
  if (!series.data || series.data.series.trimp.values.length === 0) return null;
  const { trimp, ctl, atl } = series.data.series;
  return (
    <figure class="stack">
      <Sketch label={`Load of the last half year as far as it is known: fitness ${number(latest(ctl.values))}, fatigue ${number(latest(atl.values))}`} loads={trimp.values} fitness={ctl.values} fatigue={atl.values} />
      <figcaption class="row small muted"><SketchKey /><span>Fitness now: <strong class="figure">{number(latest(ctl.values), 1)}</strong></span></figcaption>
    </figure>
  );
}

const latest = (values: readonly Maybe[]) => values[values.length - 1];
