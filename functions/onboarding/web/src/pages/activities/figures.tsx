import type { Schemas } from '../../api/client';
import { Explain } from '../../explain/explain';
import type { Metric } from '../../explain/metrics';
import { reasonWords } from '../../explain/reasons';
import { flagWords, methodWords } from '../../explain/words';
import { number, percent } from '../../format/number';
import { clock, distance, kilometres, movementOf, speed, type Units } from '../../format/units';

type Activity = Schemas['ActivityDetail'];
type Figure = Schemas['Figure'];

interface Told {
  name: string;
  metric: Metric;
  text: string;
  /** How it was made, or why it is absent. */
  note: string;
  absent: boolean;
}

/** Reasons for which a figure is left out: it makes no sense for this activity, and nobody misses it. */
const beside = new Set(['other_sport', 'no_power', 'estimated_power', 'no_perceived_exertion', 'no_relative_effort', 'not_computed']);

/** Everything that was computed of an activity; what is absent says why, what does not concern it is left out. */
export function FigureList({ activity, units }: { activity: Activity; units: Units }) {
  const { figures } = activity;
  const told = (name: string, metric: Metric, figure: Figure, words: (value: number) => string, note = ''): Told => (
    figure.value === null ? { name, metric, text: '–', note: reasonWords(figure.reason), absent: true } : { name, metric, text: words(figure.value), note, absent: false });
  const plain = (decimals = 0, unit = '') => (value: number) => `${number(value, decimals)}${unit && ` ${unit}`}`;
  const movement = movementOf(activity.sport_type);
  const all: [Told, Figure][] = ([
    ['Load (TRIMP)', 'trimp', figures.trimp, plain(), figures.quality === 'stream' ? `from every second; heart rate covers ${percent(figures.coverage.value)}` : 'from the average heart rate'],
    ['Load at threshold (TSS)', 'tss', figures.tss, plain(), methodWords(figures.tss_method)],
    ['Distance as running', 'external', figures.external_km, (value: number) => kilometres(value, units), 'climbing added, by the sport’s factor'],
    ['Load by zones (Edwards)', 'edwards', figures.edwards, plain(), 'minutes times zone'],
    ['Load by phases (Lucia)', 'lucia', figures.lucia, plain(), 'minutes times phase'],
    ['Grade-adjusted pace', 'gap', figures.gap, (value: number) => speed(1000 / value, units, movement === 'swim' ? 'pace' : movement), figures.gap_model === 'minetti_2002' ? 'by Minetti’s energy cost' : (figures.gap_model ?? '')],
    ['Normalized power', 'normalized_power', figures.normalized_power, plain(0, 'W'), '30 s averages, fourth power'],
    ['Average power', 'normalized_power', figures.average_power, plain(0, 'W'), 'over the recorded time'],
    ['Intensity', 'intensity_factor', figures.intensity_factor, plain(2), 'normalized power / FTP'],
    ['Variability', 'intensity_factor', figures.variability_index, plain(2), 'normalized / average power'],
    ['Work', 'normalized_power', figures.work_kj, plain(0, 'kJ'), 'average power × time'],
    ['Session RPE', 'session_rpe', figures.session_rpe, plain(), 'exertion × minutes'],
    ['Relative effort', 'relative_effort', figures.relative_effort, plain(), 'Strava’s own'],
  ] as const).map(([name, metric, figure, words, note]) => [told(name, metric, figure, words, note), figure]);
  const shown = all.filter(([, figure]) => figure.value !== null || !beside.has(figure.reason ?? ''));
  const decoupling = figures.decoupling?.[0];
  return (
    <section class="card stack">
      <h2>Figures</h2>
      <dl class="readings">
        {shown.map(([{ name, metric, text, note }]) => (
          <div key={name}><dt class="small">{name} <Explain metric={metric} /></dt><dd class="figure">{text}</dd><dd class="small muted">{note}</dd></div>
        ))}
        {decoupling && (
          <div>
            <dt class="small">Decoupling <Explain metric="decoupling" /></dt><dd class="figure">{number(decoupling.percent, 1)} %</dd>
            <dd class="small muted">{decoupling.signal === 'watts' ? 'power' : decoupling.signal === 'gap_speed' ? 'grade-adjusted speed' : 'speed'} per heartbeat, first half to second</dd>
          </div>
        )}
      </dl>
      {figures.flags && figures.flags.length > 0 && <ul class="small muted flags">{figures.flags.map((flag) => <li key={flag}>{flagWords(flag)}</li>)}</ul>}
    </section>
  );
}

/** The fastest distances and the highest powers. */
export function BestEfforts({ activity, units }: { activity: Activity; units: Units }) {
  const distances = activity.figures.best_distance ?? [];
  const powers = activity.figures.best_power ?? [];
  if (distances.length === 0 && powers.length === 0) return null;
  const movement = movementOf(activity.sport_type);
  return (
    <section class="card stack">
      <div class="row"><h2>Best efforts</h2><Explain metric="best_efforts" /></div>
      {distances.length > 0 && (
        <table class="figures">
          <thead><tr><th scope="col">Distance</th><th scope="col">Time</th><th scope="col">{movement === 'speed' ? 'Speed' : 'Pace'}</th></tr></thead>
          <tbody>{distances.map(({ metres, seconds }) => <tr key={metres}><th scope="row">{lengthName(metres, units)}</th><td>{clock(seconds)}</td><td>{speed(metres / seconds, units, movement)}</td></tr>)}</tbody>
        </table>
      )}
      {powers.length > 0 && (
        <>
          <h3>Power</h3>
          <dl class="powers">
            {powers.map(({ seconds, watts }) => <div key={seconds}><dt class="small muted">{seconds < 60 ? `${seconds} s` : clock(seconds)}</dt><dd class="figure">{number(watts)} W</dd></div>)}
          </dl>
        </>
      )}
    </section>
  );
}

/** The distances that have a name of their own, and the others by their length. */
const names: Record<number, string> = { 805: '½ mile', 1609: '1 mile', 3219: '2 miles', 16090: '10 miles', 16093: '10 miles', 21097: 'Half marathon', 42195: 'Marathon' };

const lengthName = (metres: number, units: Units) => names[Math.round(metres)] ?? (metres < 1000 ? `${number(metres)} m` : distance(metres, Number.isInteger(metres / 1000) ? 'metric' : units).replace('.0', ''));
