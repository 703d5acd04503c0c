import { TokenBucket } from './token-bucket.js';

/** How many networks are remembered. */
const MAX_KNOWN = 10_000;

/** How often something may happen for each network: an average rate per second, and as much at once after a pause. */
export class NetworkRates {
  readonly #perSecond: number;
  readonly #clock: () => number;
  /** The networks that came last are at the end. */
  readonly #known = new Map<string, TokenBucket>();

  /**
   * @param perSecond 0 for no limit
   * @param clock a monotonic clock, in ms
   */
  constructor(perSecond: number, clock: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#clock = clock;
  }

  /** Number of networks that are remembered. */
  get size(): number {
    return this.#known.size;
  }

  /** Counts one more for a network; returns whether it may happen. */
  take(network: string): boolean {
    if (this.#perSecond === 0) return true;
    const now = this.#clock();
    const bucket = this.#known.get(network) ?? new TokenBucket(this.#perSecond, this.#perSecond, now);
    const taken = bucket.take(now);
    this.#known.delete(network);
    this.#known.set(network, bucket);
    this.#forget(now);
    return taken;
  }

  /** Forgets networks that may do as much as new ones and, of the rest, the oldest beyond the limit. */
  #forget(now: number): void {
    for (const [network, bucket] of this.#known) {
      if (this.#known.size <= MAX_KNOWN && !bucket.isFull(now)) return;
      this.#known.delete(network);
    }
  }
}
