import { closest, distance } from 'fastest-levenshtein';

/** The most letters that are added, missing or wrong in a misspelt name; in a short name, at most half of its letters. */
const MAX_LETTERS = 2;

/** The known name that a misspelt one was probably meant to be; null for none. */
export function nearest(name: string, known: readonly string[]): string | null {
  // Names whose lengths differ by more cannot be near. This rules out most names, and costs much less.
  const similar = known.filter((one) => Math.abs(one.length - name.length) <= MAX_LETTERS);
  if (similar.length === 0) return null;
  const near = closest(name, similar);
  return distance(name, near) <= Math.min(MAX_LETTERS, name.length / 2) ? near : null;
}
