import type { Schemas } from '../../api/client';

type Activity = Schemas['Activity'];

export interface Month {
  /** As `2026-11`. */
  key: string;
  activities: Activity[];
  /** Sums, absent while older pages can still add to them; of loads that none has there is none either. */
  sums?: { distance: number; moving: number; load: number | null };
}

const names = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

/** A month's name, as `November 2026`. */
export const monthName = (key: string) => `${names[Number(key.slice(5)) - 1]} ${key.slice(0, 4)}`;

/** Activities by month, in the order that they came; with more to come, the last month has no sums yet. */
export function monthsOf(activities: readonly Activity[], more: boolean): Month[] {
  const months: Month[] = [];
  for (const activity of activities) {
    const key = activity.local_day.slice(0, 7);
    if (months.at(-1)?.key !== key) months.push({ key, activities: [] });
    months.at(-1)!.activities.push(activity);
  }
  const whole = more ? months.slice(0, -1) : months;
  for (const month of whole) {
    const sum = (figure: (activity: Activity) => number | null) => month.activities.reduce((total, activity) => total + (figure(activity) ?? 0), 0);
    month.sums = { distance: sum((each) => each.distance_m), moving: sum((each) => each.moving_s), load: month.activities.some((each) => each.trimp.value !== null) ? sum((each) => each.trimp.value) : null };
  }
  return months;
}
