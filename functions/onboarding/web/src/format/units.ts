// Lengths, heights, speeds and weights in the athlete's units. The API speaks SI throughout.
import { absent, number, type Maybe } from './number';

export type Units = 'metric' | 'imperial';

const metresPerMile = 1609.344;
const metresPerFoot = 0.3048;
const metresPerYard = 0.9144;
const kilogramsPerPound = 0.45359237;

const known = (value: Maybe): value is number => typeof value === 'number' && Number.isFinite(value);

/** A distance: `12.3 km`, `7.6 mi`. */
export function distance(metres: Maybe, units: Units): string {
  if (!known(metres)) return absent;
  return units === 'metric' ? `${number(metres / 1000, 1)} km` : `${number(metres / metresPerMile, 1)} mi`;
}

/** The distance of the external load, which comes in kilometres. */
export const kilometres = (km: Maybe, units: Units) => distance(known(km) ? km * 1000 : km, units);

/** A difference in height: `310 m`, `1017 ft`. */
export function elevation(metres: Maybe, units: Units): string {
  if (!known(metres)) return absent;
  return units === 'metric' ? `${number(metres)} m` : `${number(metres / metresPerFoot)} ft`;
}

export function weight(kilograms: Maybe, units: Units): string {
  if (!known(kilograms)) return absent;
  return units === 'metric' ? `${number(kilograms, 1)} kg` : `${number(kilograms / kilogramsPerPound, 1)} lb`;
}

/** A duration: `42 min`, `1 h 05`. */
export function duration(seconds: Maybe): string {
  if (!known(seconds)) return absent;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')}`;
}

/** Minutes and seconds, as `4:05`. */
export function clock(seconds: Maybe): string {
  if (!known(seconds)) return absent;
  const whole = Math.round(seconds);
  const rest = String(whole % 60).padStart(2, '0');
  return whole < 3600 ? `${Math.floor(whole / 60)}:${rest}` : `${Math.floor(whole / 3600)}:${String(Math.floor(whole / 60) % 60).padStart(2, '0')}:${rest}`;
}

type Movement = 'pace' | 'swim' | 'speed';

/** How fast a sport is told: on foot as pace, in the water per hundred, otherwise as speed. */
export function movementOf(sport: string): Movement {
  if (/swim/i.test(sport)) return 'swim';
  return /run|walk|hike|snowshoe/i.test(sport) ? 'pace' : 'speed';
}

/** Metres per second as the sport tells it: `4:35 /km`, `1:52 /100m`, `31.4 km/h`. */
export function speed(metresPerSecond: Maybe, units: Units, movement: Movement): string {
  if (!known(metresPerSecond) || (movement !== 'speed' && metresPerSecond <= 0)) return absent;
  switch (movement) {
    case 'pace':
      return units === 'metric' ? `${clock(1000 / metresPerSecond)} /km` : `${clock(metresPerMile / metresPerSecond)} /mi`;
    case 'swim':
      return units === 'metric' ? `${clock(100 / metresPerSecond)} /100m` : `${clock((100 * metresPerYard) / metresPerSecond)} /100yd`;
    case 'speed':
      return units === 'metric' ? `${number(metresPerSecond * 3.6, 1)} km/h` : `${number((metresPerSecond * 3600) / metresPerMile, 1)} mph`;
  }
}
