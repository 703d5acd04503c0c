import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/**
 * The seed of all random tests; `TEST_SEED` sets another one. It is fixed, so that no run depends on luck: with a
 * random seed, a rare failure would also take minutes to shrink to its smallest form.
 */
export const SEED = Number(process.env.TEST_SEED ?? 20_260_101);

/** Seeds for a test that runs more than once. */
export function seeds(count: number): number[] {
  return Array.from({ length: count }, (_, i) => SEED + i);
}

/** Random numbers from a seed. */
export class Random {
  readonly #generator;

  constructor(seed: number) {
    this.#generator = xoroshiro128plus(seed);
  }

  /** At least 0, below 1. */
  next(): number {
    return uniformFloat64(this.#generator);
  }

  /** A whole number from 0 to below `end`; 0 if `end` is 0. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** @throws RangeError for no items */
  of<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('nothing to choose from');
    return item;
  }
}
