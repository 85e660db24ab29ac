import type { ComponentChildren } from 'preact';
import type { Schemas } from '../../api/client';
import { routes } from '../../app/routes';
import { Explain } from '../../explain/explain';
import type { Metric } from '../../explain/metrics';
import { reasonWords } from '../../explain/reasons';
import { number, signed, type Maybe } from '../../format/number';
import { Sketch, SketchKey } from '../../ui/sketch';
import { Gauge } from './gauge';

type Series = Schemas['Series'];
type Column = Schemas['Column'];

/** The last day's figure, or why there is none. */
function lastOf(column: Column): { value: Maybe; reason: string } {
  const at = column.values.length - 1;
  return { value: column.values[at], reason: reasonWords(column.gaps.find(({ from, to }) => from <= at && at <= to)?.reason) || 'not known' };
}

/** Effort and distance of the last week against the last four, one above the other: what matters is how they differ. */
export function Gauges({ series, style }: { series: Series; style: Schemas['Style'] }) {
  const lines = { low: style.acwr_under, high: style.acwr_high };
  const divergence = lastOf(series.divergence);
  return (
    <section class="card stack" aria-label="Last week against the last four">
      <h2>Last week against the last <span class="together">four <Explain metric="acwr" /></span></h2>
      <Gauge title="Heart-rate load" name="Heart-rate load" {...lastOf(series.acwr)} lines={lines} />
      <Gauge title={<>Distance <Explain metric="external" /></>} name="Distance" {...lastOf(series.external_acwr)} lines={lines} />
      <div class="row apart divergence">
        <span>Effort against distance <Explain metric="divergence" /></span>
        <strong class="figure">{typeof divergence.value === 'number' ? signed(divergence.value, 2) : divergence.reason}</strong>
      </div>
    </section>
  );
}

/** Fitness, fatigue, form and rest, with what they came from unless that is drawn elsewhere. */
export function Figures({ series, drawn }: { series: Series; drawn: boolean }) {
  const ramp = lastOf(series.ramp);
  return (
    <section class="card stack" aria-label="Fitness and fatigue">
      <div class="row apart"><h2>Fitness and fatigue</h2><a href={routes.load}>All of your load</a></div>
      <dl class="tiles">
        <Tile name="Fitness" metric="ctl" figure={lastOf(series.ctl)} note={typeof ramp.value === 'number' ? `${signed(ramp.value, 1)} in a week` : undefined} />
        <Tile name="Fatigue" metric="atl" figure={lastOf(series.atl)} />
        <Tile name="Form" metric="tsb" figure={lastOf(series.tsb)} sign note="when the day began" />
        <Tile name="Days since rest" metric="days_since_rest" figure={lastOf(series.days_since_rest)} decimals={0} />
      </dl>
      {drawn && (
        <figure class="stack">
          <Sketch label="Load of the last three months with fitness and fatigue" loads={series.trimp.values} fitness={series.ctl.values} fatigue={series.atl.values} />
          <figcaption class="row small muted"><SketchKey /><span>Last three months</span></figcaption>
        </figure>
      )}
    </section>
  );
}

interface TileProps {
  name: ComponentChildren;
  metric: Metric;
  figure: { value: Maybe; reason: string };
  sign?: boolean;
  decimals?: number;
  note?: string;
}

function Tile({ name, metric, figure: { value, reason }, sign, decimals = 1, note }: TileProps) {
  return (
    <div>
      <dt>{name} <Explain metric={metric} /></dt>
      {typeof value === 'number' ? <dd class="figure">{sign ? signed(value, decimals) : number(value, decimals)}</dd> : <dd class="absent">{reason}</dd>}
      {note && typeof value === 'number' && <dd class="since">{note}</dd>}
    </div>
  );
}
