/** How each state of today is coloured, and called in a word. */
const states: Record<string, readonly [tone: string, word: string]> = {
  withheld: ['', 'Not enough known'], idle: ['', 'No load'], rest_due: ['warn', 'Rest is due'], load_high: ['warn', 'High'],
  strain: ['warn', 'Strain'], load_low: ['info', 'Low'], balanced: ['good', 'Balanced'],
};

/** The colour and the word of a state; an unknown one is shown as it is. */
export const stateWords = (state: string) => states[state] ?? (['', state] as const);
