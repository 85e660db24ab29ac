// Numbers as people read them: a real minus sign, thin groups of thousands, and a dash where nothing is known.

/** Stands where a figure is absent; absent is never 0. */
export const absent = '–';

export type Maybe = number | null | undefined;

/** A number with so many decimals. */
export function number(value: Maybe, decimals = 0): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return absent;
  const [whole = '', fraction] = Math.abs(value).toFixed(decimals).split('.');
  const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, '\u202f') : whole;
  const text = fraction === undefined ? grouped : `${grouped}.${fraction}`;
  return value < 0 && /[1-9]/.test(text) ? `−${text}` : text;
}

/** A number that says whether it rose or fell. */
export function signed(value: Maybe, decimals = 0): string {
  const text = number(value, decimals);
  return typeof value === 'number' && value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

/** A share as percent, rounded towards zero: 99.9 % is not yet all. */
export function percent(share: Maybe): string {
  return share === null || share === undefined ? absent : `${Math.floor(share * 100 + 1e-9)} %`;
}

/** A count with its noun: `1 activity`, `3 activities`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${number(n)} ${n === 1 ? one : many}`;
}
