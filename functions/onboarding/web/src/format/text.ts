/** Words with a capital at their beginning, as a sentence has. */
export const capital = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);
