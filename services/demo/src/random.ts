/** A source of numbers from 0 to below 1. */
export type Random = () => number;

/** Random numbers from a seed: a 32-bit linear congruential generator with mixed output. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    // The 32-bit multiplier and increment of Numerical Recipes; those of Knuth's MMIX are for 64 bits.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x45d9f3b) >>> 0;
    mixed ^= mixed >>> 16;
    return (mixed >>> 0) / 2 ** 32;
  };
}

/** One of the items, each equally likely. @throws RangeError for no items */
export function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError('There is nothing to pick from.');
  return item;
}

/** A number from `low` to below `high`. */
export function between(random: Random, low: number, high: number): number {
  return low + random() * (high - low);
}
