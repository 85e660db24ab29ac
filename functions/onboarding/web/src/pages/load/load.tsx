import { versionOf, useSeries, useSync } from '../../api/queries';
import type { Schemas } from '../../api/client';
import { addDays, day } from '../../format/date';
import { number } from '../../format/number';
import { dayAxis, timeAxis, valueAxis } from '../../ui/axes';
import { Chart } from '../../ui/chart';
import { Page } from '../../ui/page';
import { Empty, Loaded } from '../../ui/state';

/** Fitness, fatigue and the load of each day. */
export function LoadPage() {
  const sync = useSync();
  const series = useSeries(versionOf(sync.data));
  return (
    <Page title="Training load">
      <Loaded from={series} heights={[22, 20]}>{(answer) => <Series series={answer.series} />}</Loaded>
    </Page>
  );
}

function Series({ series }: { series: Schemas['Series'] }) {
  const all = series.trimp.values.length;
  if (all === 0) return <Empty title="No training yet">As soon as activities with heart rate are in, their load appears here.</Empty>;
  const from = Math.max(0, all - 180);
  const part = (column: Schemas['Column']) => column.values.slice(from);
  return (
    <>
      <figure class="card stack">
        <figcaption class="row small">
          <span class="key fitness">Fitness</span><span class="key fatigue">Fatigue</span><span class="key daily">Load of a day</span>
        </figcaption>
        <Chart
          label="Fitness, fatigue and daily load of the last 180 days"
          height={320}
          data={[dayAxis(addDays(series.first, from), all - from), part(series.trimp), part(series.atl), part(series.ctl)]}
          options={(colour, Plot) => ({
            legend: { show: false },
            axes: [timeAxis(colour), valueAxis(colour)],
            scales: { x: { time: false } },
            series: [
              {},
              { fill: colour('daily'), paths: Plot.paths.bars!({ size: [0.7, 12] }), points: { show: false } },
              { stroke: colour('fatigue'), width: 1.5, points: { show: false } },
              { stroke: colour('fitness'), width: 2.5, points: { show: false } },
            ],
          })}
        />
      </figure>
      <LastDays series={series} />
    </>
  );
}

function LastDays({ series }: { series: Schemas['Series'] }) {
  const all = series.trimp.values.length;
  const rows = Array.from({ length: Math.min(14, all) }, (_, i) => all - 1 - i);
  return (
    <div class="card scroll">
      <table class="figures">
        <caption><h2>The last 14 days</h2></caption>
        <thead>
          <tr><th scope="col">Day</th><th scope="col">Load</th><th scope="col">ACWR</th><th scope="col">Fitness</th><th scope="col">Fatigue</th><th scope="col">Form</th></tr>
        </thead>
        <tbody>
          {rows.map((i) => (
            <tr key={i}>
              <th scope="row">{day(addDays(series.first, i), series.last)}</th>
              <td>{number(series.trimp.values[i])}</td>
              <td>{number(series.acwr.values[i], 2)}</td>
              <td>{number(series.ctl.values[i])}</td>
              <td>{number(series.atl.values[i])}</td>
              <td>{number(series.tsb.values[i])}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
