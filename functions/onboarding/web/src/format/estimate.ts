// The server's estimates, shown while a profile is typed; what counts is what the server says after saving.

/** The year of life of a birth date on a day; undefined where it is no date of a living person. */
export function ageOn(birth: string, today: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(birth)) return undefined;
  const age = Number(today.slice(0, 4)) - Number(birth.slice(0, 4)) - (today.slice(5) < birth.slice(5) ? 1 : 0);
  return age >= 1 && age <= 130 ? age : undefined;
}

/** The maximum heart rate that is usual at an age (Tanaka 2001). */
export const usualMaxHR = (age: number) => Math.round(208 - 0.7 * age);

/** The resting heart rate that is taken where none is given. */
export const usualRestingHR = 60;

/** The units that people of a language use. */
export const unitsOf = (language: string): 'metric' | 'imperial' => (/^en-(US|LR)$|^my\b/.test(language) ? 'imperial' : 'metric');
