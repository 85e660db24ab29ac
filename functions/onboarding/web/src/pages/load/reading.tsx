import { Explain } from '../../explain/explain';
import { reasonWords } from '../../explain/reasons';
import { daysBetween, nearDay } from '../../format/date';
import { number, percent } from '../../format/number';
import { gapAt, type Line, type Panel } from './panels';
import { Value } from './panel';
import { dayOf, read, type Series, type View } from './view';

/** Every figure of one day with how it is made: what the charts' notes tell, for keyboards, fingers and screen readers too. */
export function Reading({ panels, series, view }: { panels: Panel[]; series: Series; view: View }) {
  const { at } = view.settled.value;
  const date = dayOf(view, at);
  const last = dayOf(view, view.days - 1);
  const rest: Line = { name: 'Days since rest', column: series.days_since_rest, colour: 'ink', decimals: 0, method: 'since a day with a load of 10 or less', metric: 'days_since_rest' };
  const lines = [...panels.flatMap((panel) => panel.lines.map((line) => ({ line, title: panel.title }))), { line: rest, title: 'Rest' }];
  const coverage = percent(series.coverage_28.values[at]);
  return (
    <section class="card stack reading" aria-label="One day">
      <div class="row apart">
        <h2>{nearDay(date, last)}</h2>
        <div class="row">
          <button type="button" class="button quiet small" aria-label="The day before" disabled={at === 0} onClick={() => read(view, at - 1)}>‹</button>
          <input type="date" aria-label="Day to read" min={view.first} max={last} value={date} onChange={(event) => read(view, daysBetween(view.first, event.currentTarget.value))} />
          <button type="button" class="button quiet small" aria-label="The day after" disabled={at === view.days - 1} onClick={() => read(view, at + 1)}>›</button>
        </div>
      </div>
      <p class="small muted">
        {number(series.activities[at])} {series.activities[at] === 1 ? 'activity' : 'activities'} this day
        {series.unscored[at] ? `, ${number(series.unscored[at])} without a load` : ''}; {coverage} of the activities of these 28 days have a load <Explain metric="coverage" />
        {series.warming_up[at] && ' · fitness is still filling up: fewer than 42 days of history'}
      </p>
      <dl class="readings">
        {lines.map(({ line, title }) => (
          <div key={`${title} ${line.name}`}>
            <dt class="small">{/^(Last|Load$|Distance$|Easy|Moderate|Hard)/.test(line.name) ? <><span class="muted">{title.replace(/, acute and chronic$/, '')}:</span> {line.name}</> : line.name} <Explain metric={line.metric} /></dt>
            <dd class="figure"><Value line={line} at={view.at} /></dd>
            <dd class="small muted">{line.column.values[at] === null ? reasonWords(gapAt(line, at)) : line.method}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
