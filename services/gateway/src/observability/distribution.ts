/** How measured values are distributed over the buckets of a histogram, in plain numbers. */
export class Distribution {
  readonly #bounds: readonly number[];
  /** How many values each bucket has, without those of lower buckets; the last one has no upper bound. */
  readonly #counts: number[];
  #sum = 0;

  /** @param bounds upper bounds of the buckets, in ascending order */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
  }

  get sum(): number {
    return this.#sum;
  }

  add(value: number): void {
    let bucket = 0;
    while (value > (this.#bounds[bucket] ?? Number.POSITIVE_INFINITY)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += value;
  }

  /** For each bound, the number of values that are not above it; the last bound is infinite. */
  cumulated(): readonly (readonly [bound: number, count: number])[] {
    let count = 0;
    return this.#counts.map((ofBucket, i) => {
      count += ofBucket;
      return [this.#bounds[i] ?? Number.POSITIVE_INFINITY, count] as const;
    });
  }
}
