import type { ComponentChildren } from 'preact';
import { number, type Maybe } from '../../format/number';
import { capital } from '../../format/text';
import { placeOf, zoneOf, type Lines } from './ratio';

interface Props {
  title: ComponentChildren;
  /** The same in plain text. */
  name: string;
  value: Maybe;
  /** Why there is no value. */
  reason?: string;
  lines: Lines;
}

const words = { low: 'less than usual', usual: 'about as usual', high: 'more than usual' } as const;

/** Last week against the last four on a scale from nothing to twice as much, with the lines of the athlete's style. */
export function Gauge({ title, name, value, reason, lines }: Props) {
  const known = typeof value === 'number';
  const zone = known ? zoneOf(value, lines) : undefined;
  const stretch = (from: number, to: number) => ({ left: `${placeOf(from)}%`, width: `${placeOf(to) - placeOf(from)}%` });
  return (
    <div class="gauge">
      <div class="row apart">
        <span class="name">{title}</span>
        <span class="figure value">{known ? number(value, 2) : reason}</span>
      </div>
      <div class="scale" role="img" aria-label={known ? `${name}: ${number(value, 2)} times the last four weeks, ${words[zone!]}` : `${name}: ${reason}`}>
        <span class="band low" style={stretch(0, lines.low)} />
        <span class="band usual" style={stretch(lines.low, lines.high)} />
        <span class="band high" style={stretch(lines.high, 2)} />
        {known && <span class={`needle ${zone}`} style={{ left: `${placeOf(value)}%` }} />}
      </div>
      <p class="small muted">{zone ? `${capital(words[zone])}: usual is ${number(lines.low, 2)} to ${number(lines.high, 2)}` : 'Shown as soon as it is known.'}</p>
    </div>
  );
}
