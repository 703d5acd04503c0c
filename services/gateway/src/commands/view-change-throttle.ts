import type { TokenBucket } from '../admission/token-bucket.js';
import { burstyBucket, isUnused } from './command-rate.js';

/** Share of the main thread's time that the changes of one session may take in the long run. */
const MAX_SHARE = 0.1;

/**
 * Limits how often one session changes its view, and how much work that makes for its subscriptions.
 * A change beyond the rate is not refused but waits: while a user drags a map, the last box must apply in the end.
 */
export class ViewChangeThrottle {
  readonly #perSecond: number;
  #bucket: TokenBucket | null = null;

  /** @param perSecond 0 for no limit */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Whether a change may happen now. */
  take(): boolean {
    const now = performance.now();
    this.#bucket ??= burstyBucket(this.#perSecond, now);
    return this.#bucket === null || this.#bucket.take(now);
  }

  /** Whether it allows as much as a new one. */
  isUnused(now: number): boolean {
    return isUnused(this.#bucket, now);
  }

  /**
   * Counts the work that a change has caused: a long one uses up the rate of several.
   *
   * @param ms of the main thread's time
   */
  charge(ms: number): void {
    const changes = (ms / 1000 / MAX_SHARE) * this.#perSecond;
    this.#bucket?.charge(Math.max(0, changes - 1));
  }

  /**
   * Waits until a change may happen.
   *
   * @param unnecessary whether the change has become unnecessary
   * @returns false if it has
   */
  async wait(unnecessary: () => boolean): Promise<boolean> {
    do {
      if (unnecessary()) return false;
      await new Promise((resolve) => setTimeout(resolve, 1000 / this.#perSecond));
      if (unnecessary()) return false;
    } while (!this.take());
    return true;
  }
}
