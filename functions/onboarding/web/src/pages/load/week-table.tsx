import { useMemo, useState } from 'preact/hooks';
import { day } from '../../format/date';
import { number, signed } from '../../format/number';
import { kilometres, type Units } from '../../format/units';
import { Button } from '../../ui/button';
import { saveText } from '../../ui/save';
import { dayOf, type Series, type View } from './view';
import { csvOf, weeksOf } from './weeks';

const rowsAtFirst = 16;

/** The weeks of the days that are shown, and those days as a file. */
export function WeekTable({ series, view, units }: { series: Series; view: View; units: Units }) {
  const [from, to] = view.settled.value.range;
  const [all, setAll] = useState(false);
  const weeks = useMemo(() => weeksOf(series, from, to), [series, from, to]);
  const shown = all ? weeks : weeks.slice(0, rowsAtFirst);
  const most = Math.max(1, ...shown.map((week) => week.load ?? 0));
  return (
    <section class="card stack">
      <div class="row apart">
        <h2 id="weeks">Weeks</h2>
        <Button type="button" kind="quiet" small onClick={() => saveText(csvOf(series, from, to), 'text/csv', `train-d-load-${dayOf(view, from)}-to-${dayOf(view, to)}.csv`)}>Save the days shown as CSV</Button>
      </div>
      <div class="scroll" tabIndex={0} role="region" aria-labelledby="weeks">
        <table class="figures weeks">
          <thead>
            <tr>
              <th scope="col">Week from</th><th scope="col">Activities</th><th scope="col">Load</th><th scope="col">Distance</th><th scope="col">Fitness</th>
              <th scope="col">Form</th><th scope="col">ACWR</th><th scope="col">Divergence</th><th scope="col">Monotony</th><th scope="col">Strain</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((week) => (
              <tr key={week.monday}>
                <th scope="row">{day(week.monday)}{week.partial && <span class="muted small"> so far</span>}</th>
                <td>{number(week.activities)}{week.unscored > 0 && <span class="muted small"> ({week.unscored} without load)</span>}</td>
                <td><span class="load"><meter min={0} max={most} value={week.load ?? 0} aria-hidden="true" /> {number(week.load)}</span></td>
                <td>{kilometres(week.external, units)}</td>
                <td>{number(week.ctl)}</td>
                <td>{signed(week.tsb)}</td>
                <td>{number(week.acwr, 2)}</td>
                <td>{signed(week.divergence, 2)}</td>
                <td>{number(week.monotony, 1)}</td>
                <td>{number(week.strain)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {weeks.length > shown.length && <div class="row"><Button type="button" kind="quiet" small onClick={() => setAll(true)}>{`Show all ${number(weeks.length)} weeks`}</Button></div>}
    </section>
  );
}
