/** Each power of two is divided into this many buckets: values are accurate to 1.6 %. */
const SUB_BITS = 6;
const SUB = 1 << SUB_BITS;

/** Counts durations in microseconds, from 0 to over an hour, with a limited relative error. */
export class Histogram {
  readonly #buckets = new Float64Array(SUB * (32 - SUB_BITS + 1));
  #count = 0;
  #max = 0;

  get count(): number {
    return this.#count;
  }

  /** @param us microseconds; negative values count as 0 */
  add(us: number): void {
    const value = Math.max(us, 0);
    const index = bucketOf(value);
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
    this.#count++;
    if (value > this.#max) this.#max = value;
  }

  reset(): void {
    this.#buckets.fill(0);
    this.#count = 0;
    this.#max = 0;
  }

  /** Adds the counts of another histogram. */
  merge(other: HistogramData): void {
    for (const [index, count] of other.buckets) this.#buckets[index] = (this.#buckets[index] ?? 0) + count;
    this.#count += other.count;
    this.#max = Math.max(this.#max, other.maxUs);
  }

  /**
   * The duration that a share of all values does not exceed.
   *
   * @param share from 0 to 1: 0.5 is the median
   * @returns milliseconds; null if nothing was counted
   */
  percentileMs(share: number): number | null {
    if (this.#count === 0) return null;
    const wanted = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (let i = 0; i < this.#buckets.length; i++) {
      seen += this.#buckets[i] ?? 0;
      if (seen >= wanted) return Math.min(middleOf(i), this.#max) / 1e3;
    }
    return this.#max / 1e3;
  }

  /** The longest duration in milliseconds; null if nothing was counted. */
  get maxMs(): number | null {
    return this.#count === 0 ? null : this.#max / 1e3;
  }

  toData(): HistogramData {
    const buckets: [number, number][] = [];
    this.#buckets.forEach((count, index) => {
      if (count > 0) buckets.push([index, count]);
    });
    return { buckets, count: this.#count, maxUs: this.#max };
  }
}

/** A histogram for another process: index and count of the buckets that are not empty. */
export interface HistogramData {
  buckets: [index: number, count: number][];
  count: number;
  maxUs: number;
}

function bucketOf(value: number): number {
  if (value < SUB) return Math.floor(value);
  const capped = Math.min(value, 2 ** 32 - 1);
  const shift = 31 - Math.clz32(capped) - SUB_BITS;
  return (shift + 1) * SUB + ((capped >>> shift) & (SUB - 1));
}

/** The middle of a bucket's range, in microseconds. */
function middleOf(index: number): number {
  if (index < SUB) return index;
  const shift = Math.floor(index / SUB) - 1;
  return (SUB + (index % SUB) + 0.5) * 2 ** shift;
}
