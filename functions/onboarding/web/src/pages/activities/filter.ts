// Which activities the list shows, as its address says it: `?sport=Run&quality=none&from=2026-01-01`.
import type { Schemas } from '../../api/client';

export interface Filter {
  /** As Strava names it. */
  sport?: string;
  quality?: Schemas['Activity']['quality'];
  /** First and last local day. */
  from?: string;
  to?: string;
}

const forms: Record<keyof Filter, RegExp> = { sport: /^[A-Za-z0-9_-]{1,64}$/, quality: /^(stream|average|none)$/, from: /^\d{4}-\d\d-\d\d$/, to: /^\d{4}-\d\d-\d\d$/ };
const names = Object.keys(forms) as (keyof Filter)[];

/** What an address asks for; what the server would refuse is left out. */
export function filterOf(query: Record<string, string | undefined>): Filter {
  return Object.fromEntries(names.flatMap((name) => (forms[name].test(query[name] ?? '') ? [[name, query[name]]] : []))) as Filter;
}

/** The query of an address, with its `?`; empty where everything is shown. */
export function queryOf(filter: Filter): string {
  const query = new URLSearchParams(names.flatMap((name) => (filter[name] ? [[name, filter[name]]] : []))).toString();
  return query && `?${query}`;
}

/** The sports of activities by their name, and the one that is chosen though it is not among them. */
export function sportsOf(activities: readonly { sport_type: string }[], chosen?: string): string[] {
  return [...new Set([...activities.map((each) => each.sport_type), ...(chosen ? [chosen] : [])])].sort();
}
