import { computed, useSignal, type ReadonlySignal } from '@preact/signals';
import type uPlot from 'uplot';
import { useMemo } from 'preact/hooks';
import { Explain } from '../../explain/explain';
import { reasonWords } from '../../explain/reasons';
import { day } from '../../format/date';
import { absent, number } from '../../format/number';
import { timeAxis, valueAxis } from '../../ui/axes';
import { Chart, type Palette } from '../../ui/chart';
import { behind, lineAt } from '../../ui/chart-bands';
import { gapAt, type Line, type Panel } from './panels';
import { dayOf, lastDays, show, type View } from './view';

/** A chart with its figures of the day that is read, and a note that follows the pointer. */
export function PanelCard({ panel, view }: { panel: Panel; view: View }) {
  const left = useSignal<number | undefined>(undefined);
  const right = useSignal(false);
  const label = useMemo(() => computed(() => summary(panel, view)), [panel, view]);
  const data = useMemo(() => [view.x, ...panel.lines.map((line) => line.drawn ?? line.column.values)] as uPlot.AlignedData, [panel, view]);
  return (
    <figure class={panel.half ? 'card panel half' : 'card panel'}>
      <figcaption>
        <div class="row"><h2>{panel.title}</h2><Explain metric={panel.metric} /></div>
        <ul class="row small legend">
          {panel.lines.map((line) => (
            <li key={line.name} class={`key ${line.colour}`}>{line.name} <strong class="figure"><Value line={line} at={view.at} /></strong></li>
          ))}
        </ul>
      </figcaption>
      <div class="plot">
        <Chart
          label={label} height={panel.height} data={data} span={view.span} cursor={view.pointer} shape={`${panel.title} ${panel.lines.length}`}
          options={(colour, Plot) => optionsOf(panel, colour, Plot)}
          onHover={(at, width) => {
            left.value = at;
            right.value = at !== undefined && at > width / 2;
          }}
          onSelect={(min, max) => show(view, min, max)}
          onReset={() => (view.range.value = lastDays(view.days, Infinity))}
        />
        <Nothing panel={panel} view={view} />
        <Note panel={panel} view={view} left={left} right={right} />
      </div>
    </figure>
  );
}

/** A line's figure on the day that is read; its text changes without the page being rendered. */
export function Value({ line, at }: { line: Line; at: ReadonlySignal<number> }) {
  const text = useMemo(() => computed(() => withUnit(line, at.value)), [line, at]); // made anew with its line: a signal's hook would keep the old one's figures
  return <>{text}</>;
}

function withUnit(line: Line, at: number): string {
  const text = number(line.column.values[at], line.decimals);
  return text !== absent && line.unit ? `${text} ${line.unit}` : text;
}

interface NoteProps {
  panel: Panel;
  view: View;
  left: ReadonlySignal<number | undefined>;
  right: ReadonlySignal<boolean>;
}

/** Says over an empty chart why it is empty. */
function Nothing({ panel, view }: { panel: Panel; view: View }) {
  const why = useMemo(() => computed(() => {
    const [from, to] = view.settled.value.range;
    const some = panel.lines.some((line) => line.column.values.slice(from, to + 1).some((value) => value !== null));
    const [line] = panel.lines;
    return some ? '' : `No figures here: ${line ? reasonWords(gapAt(line, to)) : 'none are known'}.`;
  }), [panel, view]);
  return why.value ? <p class="nothing small muted">{why.value}</p> : null;
}

/** What stands at the pointer: every figure and how it is made, or why there is none. */
function Note({ panel, view, left, right }: NoteProps) {
  if (left.value === undefined) return null;
  const at = view.at.value;
  return (
    <div class="note small" aria-hidden="true" style={right.value ? { translate: `calc(${left.value}px - 100% - 1rem) 0` } : { translate: `calc(${left.value}px + 1rem) 0` }}>
      <strong>{day(dayOf(view, at))}</strong>
      <dl>
        {[...panel.lines].reverse().map((line) => (
          <div key={line.name}>
            <dt class={`key ${line.colour}`}>{line.name}</dt>
            <dd class="figure">{withUnit(line, at)}</dd>
            <dd class="muted method">{line.column.values[at] === null ? reasonWords(gapAt(line, at)) : line.method}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

/** Steps of an axis that is told in whole numbers. */
const wholeSteps = [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000, 10_000, 20_000, 50_000];

function optionsOf(panel: Panel, colour: Palette, Plot: typeof uPlot): Omit<uPlot.Options, 'width' | 'height'> {
  const { least, most } = panel;
  const bars = panel.lines.some((line) => line.kind === 'bars'); // on an axis of their own: one long day would flatten the lines
  return {
    padding: [8, bars ? 0 : 28, 0, 0], // the last day's name needs room
    axes: [timeAxis(colour), { ...valueAxis(colour, panel.decimals), space: 24, ...(panel.decimals === 0 && { incrs: wholeSteps }) }, ...(bars ? [{ ...valueAxis(colour), scale: 'bars', side: 1 as const, grid: { show: false }, space: 40, incrs: wholeSteps }] : [])],
    scales: {
      ...(bars && { bars: { range: (_: uPlot, __: number | null, high: number | null): [number, number] => [0, 1.05 * (high || 1)] } }),
      y: {
        range: (_, low, high) => {
          let min = Math.min(low ?? 0, least?.[0] ?? Infinity);
          let max = Math.max(high ?? 1, least?.[1] ?? -Infinity);
          if (!most) {
            const air = 0.06 * (max - min || 1);
            min = min >= 0 && min < 0.4 * max ? 0 : min - air;
            max += air;
          } else {
            min = Math.max(min, most[0]);
            max = Math.min(max, most[1]);
          }
          return [min, max];
        },
      },
    },
    cursor: { points: { size: 7, width: 2 } },
    hooks: {
      drawClear: [
        ...(panel.bands ? [behind(panel.bands, colour)] : []),
        ...(panel.rule === undefined ? [] : [lineAt(panel.rule, colour('muted'))]),
      ],
    },
    series: [{}, ...panel.lines.map((line) => drawn(line, panel, colour, Plot))],
  };
}

function drawn(line: Line, panel: Panel, colour: Palette, Plot: typeof uPlot): uPlot.Series {
  const stroke = colour(line.colour);
  const quiet = { points: { show: false } };
  switch (line.kind) {
    case 'bars':
      return { ...quiet, scale: 'bars', fill: stroke, paths: Plot.paths.bars!({ size: [0.7, 14] }) };
    case 'area':
      return { ...quiet, stroke, width: 1.5, fill: line.drawn ? stroke : faint(stroke), fillTo: panel.rule ?? ((u) => u.scales.y!.min ?? 0) };
    case 'thick':
      return { ...quiet, stroke, width: 2.25 };
    default:
      return { ...quiet, stroke, width: 1.5 };
  }
}

/** A colour that lets what is behind it through. */
const faint = (rgb: string) => rgb.replace(/^rgb\((.*)\)$/, (_, parts: string) => `rgba(${parts}, .16)`);

/** A chart in words, for those who cannot see it: where each line begins, ends, is lowest and highest. */
export function summary(panel: Panel, view: View): string {
  const [from, to] = view.settled.value.range;
  const lines = panel.lines.map((line) => {
    let low = -1;
    let high = -1;
    let first = -1;
    let last = -1;
    const { values } = line.column;
    for (let i = from; i <= to; i++) {
      const value = values[i];
      if (value === null || value === undefined) continue;
      if (first < 0) first = i;
      last = i;
      if (low < 0 || value < values[low]!) low = i;
      if (high < 0 || value > values[high]!) high = i;
    }
    if (first < 0) return `${line.name}: no figures`;
    const at = (i: number) => `${withUnit(line, i)} on ${day(dayOf(view, i))}`;
    return `${line.name}: ${at(first)}, ${at(last)}; lowest ${at(low)}, highest ${at(high)}`;
  });
  return `${panel.title}. ${lines.join('. ')}.`;
}
