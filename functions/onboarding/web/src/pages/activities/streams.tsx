import { computed, signal, type Signal } from '@preact/signals';
import type uPlot from 'uplot';
import { useMemo } from 'preact/hooks';
import { server, type Schemas } from '../../api/client';
import { useResource } from '../../api/resource';
import { Refused } from '../../api/problem';
import { number } from '../../format/number';
import { clock, distance, movementOf, speed, type Units } from '../../format/units';
import { valueAxis } from '../../ui/axes';
import { Chart, type Palette, type Span } from '../../ui/chart';
import { behind, type Band } from '../../ui/chart-bands';
import { Button } from '../../ui/button';
import { Notice, Trouble } from '../../ui/notice';
import { Progress } from '../../ui/progress';
import { Skeleton } from '../../ui/state';
import { smoothing, tracksOf, type Samples, type Track } from './samples';

type Activity = Schemas['ActivityDetail'];

/** Samples, or how many seconds until it is worth asking for them again: expired ones are fetched from Strava. */
type Answer = { samples: Samples } | { wait: number };

async function askFor(id: string): Promise<Answer> {
  const { data, response } = await server.GET('/v1/activities/{id}/streams', { params: { path: { id: Number(id) } } });
  if (response.status === 202 || !data) return { wait: Math.max(1, Number(response.headers.get('Retry-After')) || 5) };
  return { samples: data };
}

/** What was recorded, second by second. */
export function Streams({ activity, units }: { activity: Activity; units: Units }) {
  const wanted = activity.streams === 'stored' || activity.streams === 'expired';
  const answer = useResource<Answer>(wanted ? `streams ${activity.id}` : undefined, () => askFor(activity.id), {
    every: (known) => (known && 'wait' in known ? known.wait * 1000 : undefined),
  });
  if (!wanted) return <Absent activity={activity} />;
  if (answer.error) {
    if (answer.error instanceof Refused && answer.error.code === 'strava-quota') {
      return <Notice kind="info" title="Strava’s limit is reached" actions={<Button type="button" kind="quiet" small onClick={() => void answer.reload()}>Try again</Button>}>The samples are no longer kept here, and Strava allows no more requests for now. The figures above are complete without them.</Notice>;
    }
    return <Trouble error={answer.error} retry={() => void answer.reload()} />;
  }
  if (!answer.data) return <Skeleton heights={[12, 9, 7]} />;
  if ('wait' in answer.data) return <div class="card stack" role="status"><Progress label="Fetching samples" /><p>The samples are no longer kept here and are being fetched from Strava again. They appear by themselves.</p></div>;
  return <Tracks samples={answer.data.samples} activity={activity} units={units} />;
}

function Absent({ activity }: { activity: Activity }) {
  switch (activity.streams) {
    case 'pending': return <Notice kind="info">Its samples have not been read yet. They appear here when they are.</Notice>;
    case 'none': return <p class="muted small">There are no samples: it was entered by hand, or recorded without sensors.</p>;
    default: return null; // parked: told at the top of the page
  }
}

interface Shared {
  cursor: Signal<number | null>;
  range: Signal<Span>;
}

function Tracks({ samples, activity, units }: { samples: Samples; activity: Activity; units: Units }) {
  const tracks = useMemo(() => tracksOf(samples, activity.sport_type, units), [samples, activity.sport_type, units]);
  const whole: Span = [samples.time_s[0] ?? 0, samples.time_s.at(-1) ?? 1];
  const shared = useMemo<Shared>(() => ({ cursor: signal(null), range: signal(whole) }), [samples]);
  if (tracks.length === 0) return <p class="muted small">Nothing that can be drawn was recorded.</p>;
  const zoomed = shared.range.value[0] !== whole[0] || shared.range.value[1] !== whole[1];
  return (
    <section class="card tracks" aria-label="Recorded samples">
      <div class="row apart">
        <h2>Recorded</h2>
        <p class="small muted figure"><Place samples={samples} shared={shared} units={units} /></p>
      </div>
      {tracks.map((track) => <TrackChart key={track.name} track={track} samples={samples} shared={shared} whole={whole} activity={activity} units={units} last={track === tracks.at(-1)} />)}
      <p class="small muted row apart">
        <span>Pace and speed are smoothed over {smoothing.speed} s, power over {smoothing.watts} s.</span>
        {zoomed && <Button type="button" kind="quiet" small onClick={() => (shared.range.value = whole)}>Show all of it</Button>}
      </p>
    </section>
  );
}

/** When and where the pointer is. */
function Place({ samples, shared, units }: { samples: Samples; shared: Shared; units: Units }) {
  const text = useMemo(() => computed(() => {
    const at = shared.cursor.value;
    if (at === null) return 'Drag over a chart to look closer';
    const metres = samples.distance_m?.[at];
    return `${clock(samples.time_s[at])}${typeof metres === 'number' ? ` · ${distance(metres, units)}` : ''}`;
  }), [samples, shared, units]);
  return <>{text}</>;
}

interface TrackProps {
  track: Track;
  samples: Samples;
  shared: Shared;
  whole: Span;
  activity: Activity;
  units: Units;
  last: boolean;
}

function TrackChart({ track, samples, shared, whole, activity, units, last }: TrackProps) {
  const data = useMemo(() => [samples.time_s, track.values] as uPlot.AlignedData, [samples, track]);
  const words = (value: number | null | undefined) => inWords(track, value, activity.sport_type, units);
  const now = useMemo(() => computed(() => (shared.cursor.value === null ? '' : words(track.values[shared.cursor.value]))), [track, shared, units]);
  const extent = useMemo(() => extentOf(track.values), [track]);
  return (
    <div>
      <div class="row small"><span class={`key ${track.colour}`}>{track.name}</span> <strong class="figure">{now}</strong></div>
      <Chart
        label={`${track.name} over ${clock(whole[1] - whole[0])}: lowest ${words(extent.low)}, mean ${words(extent.mean)}, highest ${words(extent.high)}`}
        height={track.height + (last ? 22 : 0)} data={data} span={shared.range} cursor={shared.cursor} shape={`${track.name} ${units} ${last}`}
        options={(colour) => trackOptions(track, activity, units, last, colour)}
        onSelect={(min, max) => (shared.range.value = [Math.max(whole[0], min), Math.min(whole[1], max)])}
        onReset={() => (shared.range.value = whole)}
      />
    </div>
  );
}

function inWords(track: Track, value: number | null | undefined, sport: string, units: Units): string {
  switch (track.kind) {
    case 'heart': return `${number(value)} bpm`;
    case 'movement': return speed(value, units, movementOf(sport));
    case 'watts': return `${number(value)} W`;
    case 'altitude': return `${number(value)} ${units === 'metric' ? 'm' : 'ft'}`;
    case 'cadence': return number(value);
  }
}

function extentOf(values: (number | null)[]) {
  let low = Infinity;
  let high = -Infinity;
  let sum = 0;
  let n = 0;
  for (const value of values) {
    if (value === null) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
    sum += value;
    n++;
  }
  return n ? { low, high, mean: sum / n } : { low: null, high: null, mean: null };
}

const zoneColours = ['form', 'accent', 'good', 'external', 'warn', 'bad'];

/** The bands of the athlete's heart-rate zones. */
function zoneBands({ figures: { heart_rate_zones: zones } }: Activity): Band[] {
  const bounds = zones.bounds ?? [];
  return bounds.map((from, i) => ({ from, to: bounds[i + 1] ?? 260, name: `zone ${zones.first + i + 1}`, colour: zoneColours[i + 1] ?? 'bad' }));
}

/** Speeds of a range that are told in round numbers, in m/s: the slowest first, none too near to the one before. */
function ticks(movement: ReturnType<typeof movementOf>, units: Units, low: number, high: number): number[] {
  const chosen: number[] = [];
  for (const value of roundSpeeds(movement, units)) {
    const near = chosen.length > 0 && value - chosen.at(-1)! < (high - low) / 7;
    if (low <= value && value <= high && !near) chosen.push(value);
  }
  return chosen;
}

function roundSpeeds(movement: ReturnType<typeof movementOf>, units: Units): number[] {
  if (movement === 'speed') return Array.from({ length: 20 }, (_, i) => (i * 5) / (units === 'metric' ? 3.6 : 2.236936));
  const length = movement === 'swim' ? (units === 'metric' ? 100 : 91.44) : units === 'metric' ? 1000 : 1609.344;
  const seconds = movement === 'swim' ? [240, 180, 150, 120, 105, 90, 75, 60] : [1800, 1200, 900, 720, 600, 540, 480, 420, 360, 330, 300, 270, 240, 210, 180, 150];
  return seconds.map((each) => length / each);
}

function trackOptions(track: Track, activity: Activity, units: Units, last: boolean, colour: Palette): Omit<uPlot.Options, 'width' | 'height'> {
  const stroke = colour(track.colour);
  const movement = movementOf(activity.sport_type);
  const pace = track.kind === 'movement' && movement !== 'speed';
  return {
    padding: [8, 20, last ? 0 : 4, 0],
    axes: [
      { stroke: colour('muted'), font: '12px system-ui, sans-serif', ticks: { show: false }, grid: { stroke: colour('line'), width: 1 }, size: last ? 26 : 0, space: 80, incrs: [10, 30, 60, 300, 600, 900, 1800, 3600, 7200], values: (_, splits) => (last ? splits.map(clock) : []) },
      {
        ...valueAxis(colour), space: 26,
        ...(track.kind === 'movement' && { values: (_: uPlot, splits: number[]) => splits.map((value) => speed(value, units, movement).replace(/(\.0)? .*/, '')) }),
        ...(track.kind === 'movement' && { splits: (_: uPlot, __: number, low: number, high: number) => ticks(movement, units, low, high) }),
      },
    ],
    scales: {
      y: {
        range: (_, low, high) => {
          if (low === null || high === null) return [0, 1];
          const air = 0.06 * (high - low || 1);
          return [track.kind === 'watts' ? 0 : track.kind === 'movement' ? Math.max(pace ? 0.25 * high : 0, low - air) : // a stop is a pace without end
            low - air, high + air];
        },
      },
    },
    hooks: { drawClear: track.kind === 'heart' ? [behind(zoneBands(activity), colour)] : [] },
    series: [{}, {
      stroke, width: 1.25, points: { show: false }, spanGaps: false,
      ...(track.kind === 'altitude' && { fill: colour('raised'), fillTo: (u: uPlot) => u.scales.y!.min ?? 0 }),
    }],
  };
}
