import type uPlot from 'uplot';
import { useMemo } from 'preact/hooks';
import { Chart } from '../../ui/chart';
import { valueAxis, timeAxis } from '../../ui/axes';
import { dayOf, lastDays, show, showDays, stretches, type Series, type View } from './view';

/** Chooses the days that are shown: by a stretch, by two days, or by dragging over the whole history. */
export function RangePicker({ series, view }: { series: Series; view: View }) {
  const [from, to] = view.range.value;
  const data = useMemo(() => [view.x, series.ctl.values] as uPlot.AlignedData, [series, view]);
  const label = `Fitness over the whole history; shown are ${dayOf(view, from)} to ${dayOf(view, to)}`;
  const last = dayOf(view, view.days - 1);
  return (
    <section class="card stack range" aria-label="Days that are shown">
      <div class="row apart">
        <div class="row choices" role="group" aria-label="Stretch up to today">
          {stretches.map(([name, days]) => {
            const [low, high] = lastDays(view.days, days);
            return (
              <button key={name} type="button" aria-pressed={from === low && to === high} disabled={days !== Infinity && days > view.days * 1.5} onClick={() => (view.range.value = [low, high])}>{name}</button>
            );
          })}
        </div>
        <div class="row dates">
          <input type="date" aria-label="First day shown" min={view.first} max={last} value={dayOf(view, from)} onChange={(event) => showDays(view, event.currentTarget.value, dayOf(view, to))} />
          <span aria-hidden="true">–</span>
          <input type="date" aria-label="Last day shown" min={view.first} max={last} value={dayOf(view, to)} onChange={(event) => showDays(view, dayOf(view, from), event.currentTarget.value)} />
        </div>
      </div>
      <Chart
        label={label} height={74} data={data} marked={view.span}
        onSelect={(min, max) => show(view, min, max)} onReset={() => (view.range.value = lastDays(view.days, Infinity))}
        options={(colour) => ({
          padding: [2, 28, 0, 0],
          axes: [{ ...timeAxis(colour), size: 24 }, { ...valueAxis(colour), values: () => [], grid: { show: false } }],
          cursor: { show: true, x: false, points: { show: false } },
          series: [{}, { stroke: colour('fitness'), width: 1, fill: colour('accent-soft'), points: { show: false } }],
        })}
      />
      <p class="small muted">Drag over a chart to look closer; a double click shows everything.</p>
    </section>
  );
}
