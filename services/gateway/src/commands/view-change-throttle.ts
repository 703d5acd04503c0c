import type { TokenBucket } from '../admission/token-bucket.js';
import { burstyBucket } from './command-rate.js';

/**
 * Limits how often one session changes its box or projection, because each change costs work for every subscription.
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
