import type { Schemas } from '../../api/client';
import { sportName } from '../../ui/activity-list';
import { Button } from '../../ui/button';
import { queryOf, sportsOf, type Filter } from './filter';

const qualities = [['stream', 'Samples'], ['average', 'An average'], ['none', 'Nothing']] as const;

interface Props {
  filter: Filter;
  /** Some of the athlete's activities, whose sports can be chosen. */
  among: readonly Schemas['Activity'][];
  /** The athlete's day. */
  today: string;
  onChange: (filter: Filter) => void;
}

/** Chooses which activities are shown; each choice holds at once. */
export function Filters({ filter, among, today, onChange }: Props) {
  const choose = (change: Filter) => onChange({ ...filter, ...change });
  // A day that is being typed passes through the years 2, 20 and 202.
  const chooseDay = (change: Filter, { validity, value }: HTMLInputElement) => validity.valid && (value === '' || value > '1900') && choose(change);
  return (
    <form class="card row filters" aria-label="Which activities" onSubmit={(event) => event.preventDefault()}>
      <label>Sport
        <select value={filter.sport ?? ''} onChange={(event) => choose({ sport: event.currentTarget.value || undefined })}>
          <option value="">All</option>
          {sportsOf(among, filter.sport).map((sport) => <option key={sport} value={sport}>{sportName(sport)}</option>)}
        </select>
      </label>
      <label>Load rests on
        <select value={filter.quality ?? ''} onChange={(event) => choose({ quality: (event.currentTarget.value || undefined) as Filter['quality'] })}>
          <option value="">Anything</option>
          {qualities.map(([quality, name]) => <option key={quality} value={quality}>{name}</option>)}
        </select>
      </label>
      <label>From <input type="date" max={filter.to ?? today} value={filter.from ?? ''} onChange={({ currentTarget }) => chooseDay({ from: currentTarget.value || undefined }, currentTarget)} /></label>
      <label>To <input type="date" min={filter.from} max={today} value={filter.to ?? ''} onChange={({ currentTarget }) => chooseDay({ to: currentTarget.value || undefined }, currentTarget)} /></label>
      {queryOf(filter) && <Button type="button" kind="quiet" small onClick={() => onChange({})}>Show all</Button>}
    </form>
  );
}
