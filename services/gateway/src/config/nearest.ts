import { closest, distance } from 'fastest-levenshtein';

/** The most letters that are added, missing or wrong in a misspelt name. */
const MAX_LETTERS = 2;

/** The known name that a misspelt one was probably meant to be; null for none. */
export function nearest(name: string, known: readonly string[]): string | null {
  if (known.length === 0) return null;
  const near = closest(name, known);
  return distance(name, near) <= MAX_LETTERS ? near : null;
}
