/** Lets things happen so many times a second, and in bursts of a bounded size. */
export class TokenBucket {
  #tokens: number;
  #filledAt: number;

  /**
   * @param ratePerSecond how many tokens come in a second
   * @param burst most tokens that there can be; the bucket starts full
   * @param now milliseconds on any clock that does not run backwards, such as `performance.now()`
   */
  constructor(
    private readonly ratePerSecond: number,
    private readonly burst: number,
    now: number,
  ) {
    this.#tokens = burst;
    this.#filledAt = now;
  }

  /** Takes a token; returns whether there was one. */
  take(now: number): boolean {
    const earned = ((now - this.#filledAt) / 1000) * this.ratePerSecond;
    this.#tokens = Math.min(this.burst, this.#tokens + earned);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
