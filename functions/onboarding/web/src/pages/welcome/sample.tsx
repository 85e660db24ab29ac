import { Sketch, SketchKey } from '../../ui/sketch';

/** A picture of what is to come: 26 weeks of made-up training with its fitness and fatigue. */
export function SampleChart() {
  return (
    <figure class="sample card">
      <Sketch label="Example: fitness rises over half a year while fatigue swings around it" {...sample} />
      <figcaption class="row small muted"><SketchKey /><span>An example</span></figcaption>
    </figure>
  );
}

const sample = makeUp();

function makeUp() {
  const weekday = [20, 75, 0, 95, 40, 150, 85];
  let ctl = 42;
  let atl = 45;
  const loads: number[] = [];
  const fitness: number[] = [];
  const fatigue: number[] = [];
  for (let i = 0; i < 182; i++) {
    const week = Math.floor(i / 7);
    const block = week % 4 === 3 ? 0.45 : 0.8 + 0.16 * (week % 4) + week / 45; // three weeks up, one easy
    const load = (weekday[i % 7] ?? 0) * block * (0.85 + 0.3 * Math.abs(Math.sin(i * 12.9898)));
    ctl += (load - ctl) * (1 - Math.exp(-1 / 42));
    atl += (load - atl) * (1 - Math.exp(-1 / 7));
    loads.push(load);
    fitness.push(ctl);
    fatigue.push(atl);
  }
  return { loads, fitness, fatigue };
}
