import { TokenBucket } from './token-bucket.js';

/** At most this many networks are remembered. */
const MAX_KNOWN = 10_000;

/** Limits how often something may happen for each network: an average rate, and one second's share at once after a pause. */
export class NetworkRates {
  readonly #perSecond: number;
  readonly #clock: () => number;
  /** In the order of their latest use. */
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

  /** Forgets networks whose bucket is full, as a new one would be, and the least recently used ones beyond the limit. */
  #forget(now: number): void {
    for (const [network, bucket] of this.#known) {
      if (this.#known.size <= MAX_KNOWN && !bucket.isFull(now)) return;
      this.#known.delete(network);
    }
  }
}
