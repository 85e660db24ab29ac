// Days and times. A day of the API is a calendar day without a zone and is never moved; a moment is shown in the athlete's zone.

const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const weekdayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const msPerDay = 86_400_000;

const parse = (day: string) => new Date(`${day}T00:00:00Z`);

/** A day by its distance from another: `addDays('2026-02-28', 1)` is `2026-03-01`. */
export const addDays = (day: string, n: number) => new Date(parse(day).getTime() + n * msPerDay).toISOString().slice(0, 10);

/** Days from one day to another. */
export const daysBetween = (from: string, to: string) => Math.round((parse(to).getTime() - parse(from).getTime()) / msPerDay);

/** The Monday of a day's week. */
export const mondayOf = (day: string) => addDays(day, -((parse(day).getUTCDay() + 6) % 7));

/** A day that no reader takes for another, whatever their habit: `24 Nov 2026`, without the year where it is `today`'s. */
export function day(iso: string, today?: string): string {
  const [year, month, date] = iso.split('-');
  const text = `${Number(date)} ${monthNames[Number(month) - 1]}`;
  return today?.startsWith(`${year}-`) ? text : `${text} ${year}`;
}

/** A day with its weekday, `Tue 24 Nov`, or the word for it where it is near. */
export function nearDay(iso: string, today: string): string {
  switch (daysBetween(iso, today)) {
    case 0: return 'Today';
    case 1: return 'Yesterday';
  }
  return `${weekdayNames[parse(iso).getUTCDay()]} ${day(iso, today)}`;
}

/** The calendar day in a zone, now or at another moment. */
export const dayIn = (zone: string, at = new Date()) => new Intl.DateTimeFormat('sv-SE', { timeZone: zone }).format(at);

/** The time of day in a zone, as `18:05`. */
export const timeIn = (zone: string, at: string) =>
  new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' }).format(new Date(at));

/** A moment to the minute, for those whose zone is not known: `2026-11-27 14:20 UTC`. */
export const momentUTC = (at: string) => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** How long ago a moment is: `just now`, `4 min ago`, `3 h ago`, `2 days ago`. */
export function ago(moment: string, now = Date.now()): string {
  const minutes = Math.max(0, Math.round((now - Date.parse(moment)) / 60_000));
  if (minutes < 1) return 'just now';
  if (minutes < 90) return `${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  return hours < 36 ? `${hours} h ago` : `${Math.round(hours / 24)} days ago`;
}

/** How soon it is in so many seconds: `in less than a minute`, `in about 12 min`. */
export function soon(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return 'in less than a minute';
  if (minutes < 90) return `in about ${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 36 ? `in about ${hours} h` : `in about ${Math.round(hours / 24)} days`;
}

/** How soon a moment is. */
export const until = (moment: string, now = Date.now()) => soon((Date.parse(moment) - now) / 1000);

/** The browser's own zone, and every one that it knows, for a choice. */
export const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;
export const allZones = () => [...new Set([ownZone(), 'UTC', ...Intl.supportedValuesOf('timeZone')])].sort();
