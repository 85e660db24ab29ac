// What the pages ask for, each under the name that useResource knows it by.
import { bodyOf, server, type Schemas } from './client';
import { useResource } from './resource';
import type { paths } from './schema';

export type Sync = Schemas['SyncProgress'];

export const useOnboarding = () => useResource('onboarding', () => bodyOf(server.GET('/v1/onboarding')));

/** How often a sync's progress is worth another question, in milliseconds, by its phase. */
const paces: Record<Sync['phase'], number> = { idle: 60_000, listing: 1_000, refining: 2_000, done: 30_000, reconnect: 60_000 };

export const useSync = () =>
  useResource('sync', () => bodyOf(server.GET('/v1/sync')), { every: (sync) => paces[sync?.phase ?? 'done'] });

/** Changes when another twentieth of the activities is refined, or a sync brought something: figures are worth another look. */
export function versionOf(sync: Sync | undefined): string {
  if (!sync) return '';
  const twentieth = sync.activities ? Math.floor((20 * sync.refined) / sync.activities) : 0;
  return `${sync.activities} ${twentieth} ${sync.phase === 'done' ? sync.synced_at : sync.phase}`;
}

export const useSettings = () => useResource('settings', () => bodyOf(server.GET('/v1/settings')));

/** What the athlete agreed to, and the texts as they read now. */
export const useConsents = () => useResource('consents', () => bodyOf(server.GET('/v1/consents')));

/** Where the athlete stands today. */
export const useToday = (version: string) =>
  useResource('today', () => bodyOf(server.GET('/v1/training-load/today')), { version });

/** The daily series from a day on, or the whole of it. */
export const useSeries = (version: string, from?: string, metric?: 'trimp' | 'tss') =>
  useResource(`series ${from} ${metric}`, () => bodyOf(server.GET('/v1/training-load', { params: { query: { from, metric } } })), { version });

type Narrowed = Omit<NonNullable<paths['/v1/activities']['get']['parameters']['query']>, 'before' | 'limit'>;

/** The newest activities of those that a filter leaves. */
export const useActivities = (version: string, limit: number, filter: Narrowed) =>
  useResource(`activities ${limit} ${JSON.stringify(filter)}`, () => bodyOf(server.GET('/v1/activities', { params: { query: { ...filter, limit } } })), { version });

/** The newest activities. */
export const useRecentActivities = (version: string, limit: number) => useActivities(version, limit, {});
