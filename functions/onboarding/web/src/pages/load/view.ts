// Which days the load page shows, and which of them is read: shared by all its charts, so that they move together without
// the page being rendered.
import { computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { Schemas } from '../../api/client';
import { addDays, daysBetween } from '../../format/date';
import { dayAxis } from '../../ui/axes';
import type { Span } from '../../ui/chart';

export type Series = Schemas['Series'];

/** The stretches to choose from, in days up to the last one. */
export const stretches = [
  ['6 wk', 42], ['3 mo', 91], ['6 mo', 182], ['1 yr', 365], ['2 yr', 730], ['All', Infinity],
] as const;

/** The least number of days that can be shown. */
export const leastDays = 7;

export interface View {
  first: string;
  /** How many days there are. */
  days: number;
  x: number[];
  /** Indices of the first and the last day that are shown. */
  range: Signal<Span>;
  /** The same as x values, half a day wider, so that the outer bars are whole. */
  span: ReadonlySignal<Span>;
  /** The index that the pointer is at. */
  pointer: Signal<number | null>;
  /** The day that stepping chose, while no pointer is there. */
  chosen: Signal<number | null>;
  /** The index of the day that is read. */
  at: ReadonlySignal<number>;
  /** Range and day once the hand rests: what takes long to make follows these, so that it keeps no hand waiting. */
  settled: ReadonlySignal<{ range: Span; at: number }>;
}

/** Milliseconds without a change after which a hand rests. */
const rest = 60;

const halfDay = 43_200;

export function viewOf(first: string, days: number): View {
  const x = dayAxis(first, days);
  const range = signal<Span>(lastDays(days, 182));
  const pointer = signal<number | null>(null);
  const chosen = signal<number | null>(null);
  const at = computed(() => pointer.value ?? clamp(chosen.value ?? Infinity, range.value[0], range.value[1]));
  const settled = signal({ range: range.peek(), at: at.peek() });
  let timer: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const now = { range: range.value, at: at.value };
    clearTimeout(timer);
    timer = setTimeout(() => (settled.value = now), rest);
  });
  return {
    first, days, x, range, pointer, chosen, at, settled,
    span: computed(() => [x[range.value[0]]! - halfDay, x[range.value[1]]! + halfDay] as const),
  };
}

const clamp = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value));

/** The range of the last n days, or of all where there are fewer. */
export const lastDays = (days: number, n: number): Span => [Math.max(0, days - n), days - 1];

/** A range put right: inside what there is, its ends in order, and long enough to show anything. */
export function fit(days: number, from: number, to: number): Span {
  const low = clamp(Math.round(Math.min(from, to)), 0, Math.max(0, days - leastDays));
  const high = clamp(Math.round(Math.max(from, to)), Math.min(days - 1, low + leastDays - 1), days - 1);
  return [low, high];
}

/** Shows the part between two x values. */
export const show = (view: View, min: number, max: number) => {
  view.range.value = fit(view.days, (min - view.x[0]!) / 86_400, (max - view.x[0]!) / 86_400);
};

/** Shows the part between two days; a day that cannot be read changes nothing. */
export function showDays(view: View, from: string, to: string): void {
  const range = [daysBetween(view.first, from), daysBetween(view.first, to)] as const;
  if (range.every(Number.isFinite)) view.range.value = fit(view.days, ...range);
}

/** Reads a day; the view moves along where the day lies outside of it. */
export function read(view: View, at: number): void {
  if (!Number.isFinite(at)) return;
  const day = clamp(at, 0, view.days - 1);
  const [from, to] = view.range.value;
  if (day < from) view.range.value = [day, day + to - from];
  if (day > to) view.range.value = [day - to + from, day];
  view.chosen.value = day;
}

export const dayOf = (view: View, at: number) => addDays(view.first, at);
