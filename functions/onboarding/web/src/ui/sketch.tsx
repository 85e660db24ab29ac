import type { Maybe } from '../format/number';
import { trace } from './trace';
import './sketch.css';

interface Props {
  /** What is drawn, in a sentence, for those who do not see it. */
  label: string;
  /** Load, fitness and fatigue of each day; what is not known is not drawn. */
  loads: readonly Maybe[];
  fitness: readonly Maybe[];
  fatigue: readonly Maybe[];
}

const width = 520;
const height = 200;

/** A small picture of load with fitness and fatigue, without axes: how it goes, not how much it is. */
export function Sketch({ label, loads, fitness, fatigue }: Props) {
  const most = Math.max(1, ...[...loads, ...fitness, ...fatigue].map((value) => value ?? 0));
  const step = width / Math.max(1, loads.length);
  const y = (value: number) => height - 3 - ((height - 8) * value) / most;
  return (
    <svg class="sketch" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <path class="loads" d={loads.map((load, i) => (load ? `M${(i * step + step * 0.15).toFixed(1)} ${height}V${y(load).toFixed(1)}h${(step * 0.7).toFixed(1)}V${height}z` : '')).join('')} />
      <path class="fatigue" d={trace(fatigue, step, y)} />
      <path class="fitness" d={trace(fitness, step, y)} />
    </svg>
  );
}

/** What the colours of a sketch mean. */
export const SketchKey = () => (
  <><span class="key fitness">Fitness</span><span class="key fatigue">Fatigue</span><span class="key daily">Load of a day</span></>
);
