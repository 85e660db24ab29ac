import { thresholdKinds } from './threshold-kinds';

const others: Record<string, string> = { sex: 'sex', birth_date: 'birth date', formula: 'Train-D’s formulas' };

/** What changed figures, in words; an unknown cause is shown as it is. */
export const causeWords = (cause: string) => thresholdKinds.find(({ kind }) => kind === cause)?.name ?? others[cause] ?? cause.replaceAll('_', ' ');

export const knownCauses = [...thresholdKinds.map(({ kind }) => kind as string), ...Object.keys(others)];
