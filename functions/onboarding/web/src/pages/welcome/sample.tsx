/** A picture of what is to come: 26 weeks of made-up training with its fitness and fatigue. */
export function SampleChart() {
  const { bars, fitness, fatigue } = sample;
  return (
    <figure class="sample card">
      <svg viewBox="0 0 520 240" role="img" aria-label="Example: fitness rises over half a year while fatigue swings around it">
        <g class="bars">{bars}</g>
        <polyline class="fatigue" points={fatigue} />
        <polyline class="fitness" points={fitness} />
      </svg>
      <figcaption class="row small muted">
        <span class="key fitness">Fitness</span><span class="key fatigue">Fatigue</span><span class="key daily">Load of a day</span><span>An example</span>
      </figcaption>
    </figure>
  );
}

const sample = draw();

function draw() {
  const days = 182;
  const weekday = [20, 75, 0, 95, 40, 150, 85];
  let ctl = 42;
  let atl = 45;
  const lines = { ctl: [] as string[], atl: [] as string[] };
  const bars = [];
  for (let i = 0; i < days; i++) {
    const week = Math.floor(i / 7);
    const block = week % 4 === 3 ? 0.45 : 0.8 + 0.16 * (week % 4) + week / 45; // three weeks up, one easy
    const load = (weekday[i % 7] ?? 0) * block * (0.85 + 0.3 * Math.abs(Math.sin(i * 12.9898)));
    ctl += (load - ctl) * (1 - Math.exp(-1 / 42));
    atl += (load - atl) * (1 - Math.exp(-1 / 7));
    const x = 4 + (i * 512) / days;
    const y = (v: number) => (232 - v * 0.82).toFixed(1);
    lines.ctl.push(`${x.toFixed(1)},${y(ctl)}`);
    lines.atl.push(`${x.toFixed(1)},${y(atl)}`);
    if (load > 0) bars.push(<rect key={i} x={x.toFixed(1)} y={y(load)} width="1.9" height={(load * 0.82).toFixed(1)} />);
  }
  return { bars, fitness: lines.ctl.join(' '), fatigue: lines.atl.join(' ') };
}
