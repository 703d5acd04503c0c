/** Limits how often something may happen: an average rate per second, and a burst after a pause. */
export class TokenBucket {
  readonly #burst: number;
  readonly #perMs: number;
  #tokens: number;
  #filledAt: number;

  /**
   * A full bucket.
   *
   * @param burst how many tokens it holds, at least 1
   * @param now ms on any monotonic clock
   */
  constructor(ratePerSecond: number, burst: number, now: number) {
    this.#burst = burst;
    this.#perMs = ratePerSecond / 1000;
    this.#tokens = burst;
    this.#filledAt = now;
  }

  /**
   * Takes tokens; false if there is none. One is enough: the rest is owed, at most as many as the bucket holds.
   *
   * @param tokens at least 1
   */
  take(now: number, tokens = 1): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#filledAt) * this.#perMs);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.charge(tokens);
    return true;
  }

  /** Whether it is as full as a new one. */
  isFull(now: number): boolean {
    return this.#tokens + (now - this.#filledAt) * this.#perMs >= this.#burst;
  }

  /** Takes further tokens, also those that there are not yet: at most as many as the bucket holds. */
  charge(tokens: number): void {
    this.#tokens = Math.max(this.#tokens - tokens, -this.#burst);
  }
}
