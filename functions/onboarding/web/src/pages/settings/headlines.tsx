import type { Schemas } from '../../api/client';
import { number, signed } from '../../format/number';

type Headline = Schemas['Headline'];

const rows = [['Fitness', 'ctl', (value: number | null) => number(value, 1)], ['Fatigue', 'atl', (value: number | null) => number(value, 1)], ['Form', 'tsb', (value: number | null) => signed(value, 1)], ['ACWR', 'acwr', (value: number | null) => number(value, 2)], ['With your decay', 'acwr_decayed', (value: number | null) => number(value, 2)]] as const;

/** How a day stood before a change and after; without an after it is still being worked out. What older changes did not note is left out. */
export function Headlines({ before, after }: { before: Headline; after?: Headline }) {
  return (
    <dl class="headlines small">
      {rows.filter(([, key]) => before[key].reason !== 'not_computed').map(([name, key, words]) => (
        <div key={key}><dt class="muted">{name}</dt><dd class="figure">{words(before[key].value)} → <strong>{after ? words(after[key].value) : '…'}</strong></dd></div>
      ))}
    </dl>
  );
}
