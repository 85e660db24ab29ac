import type { Schemas } from '../../api/client';
import { Explain } from '../../explain/explain';
import type { Metric } from '../../explain/metrics';
import { reasonWords } from '../../explain/reasons';
import { methodWords } from '../../explain/words';
import { number } from '../../format/number';
import { clock } from '../../format/units';

interface Row {
  name: string;
  bounds: string;
  seconds: number;
}

/** Time in heart-rate zones and in the phases of intensity. */
export function Zones({ figures }: { figures: Schemas['Figures'] }) {
  const zones = figures.heart_rate_zones;
  const rows = (zones.seconds ?? []).map((seconds, i): Row => {
    const from = zones.bounds?.[i - 1];
    const to = zones.bounds?.[i];
    return { name: `Zone ${zones.first + i}`, seconds, bounds: from === undefined ? `below ${to}` : to === undefined ? `${from} and more` : `${from}–${to - 1}` };
  });
  const phases = figures.lucia.value === null ? [] : ['Easy', 'Moderate', 'Hard'].map((name, i): Row => ({ name, seconds: figures.lucia_zone_s?.[i] ?? 0, bounds: ['below the first threshold', 'between both', 'above the second'][i]! }));
  return (
    <section class="card stack">
      <Table title="Heart-rate zones" metric="zones" rows={rows} note={`${methodWords(zones.method)}${zones.estimated ? ', estimated' : ''}`} missing={reasonWords(zones.reason)} />
      <Table title="Intensity" metric="intensity" rows={phases} note={figures.flags?.includes('estimated_vt') ? 'thresholds estimated' : ''} missing={reasonWords(figures.lucia.reason)} />
    </section>
  );
}

function Table({ title, metric, rows, note, missing }: { title: string; metric: Metric; rows: Row[]; note: string; missing: string }) {
  const total = rows.reduce((sum, row) => sum + row.seconds, 0);
  return (
    <div class="stack zones">
      <div class="row"><h2>{title}</h2><Explain metric={metric} />{rows.length > 0 && <span class="small muted">{note}</span>}</div>
      {rows.length === 0 && <p class="muted small">None: {missing}.</p>}
      {rows.length > 0 && (
        <table>
          <thead class="hidden"><tr><th scope="col">Zone</th><th scope="col">Bounds</th><th scope="col">Share</th><th scope="col">Time</th></tr></thead>
          <tbody>
            {[...rows].reverse().map((row) => (
              <tr key={row.name}>
                <th scope="row">{row.name}</th>
                <td class="small muted">{row.bounds}</td>
                <td class="share"><span aria-hidden="true" class={`bar ${row.name.toLowerCase().replace(' ', '-')}`} style={{ width: `${(100 * row.seconds) / (total || 1)}%` }} /><span class="small figure">{number((100 * row.seconds) / (total || 1))} %</span></td>
                <td class="figure">{clock(row.seconds)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
