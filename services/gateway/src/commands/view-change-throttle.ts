import type { TokenBucket } from '../admission/token-bucket.js';
import { burstyBucket } from './command-rate.js';

/**
 * Bounds how often one session changes its box or projection, each of which costs work for every subscription. What
 * comes too fast is not refused but waits, because of a map that is dragged the last box must count in the end.
 */
export class ViewChangeThrottle {
  readonly #perSecond: number;
  #bucket: TokenBucket | null = null;

  /** @param perSecond 0 for no bound */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Whether a change may be made now. */
  take(): boolean {
    const now = performance.now();
    this.#bucket ??= burstyBucket(this.#perSecond, now);
    return this.#bucket === null || this.#bucket.take(now);
  }

  /**
   * Waits until a change may be made.
   *
   * @param needless whether the change need not be made any more
   * @returns false where it became needless
   */
  async wait(needless: () => boolean): Promise<boolean> {
    do {
      if (needless()) return false;
      await new Promise((resolve) => setTimeout(resolve, 1000 / this.#perSecond));
      if (needless()) return false;
    } while (!this.take());
    return true;
  }
}
