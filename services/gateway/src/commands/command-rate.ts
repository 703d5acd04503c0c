import { TokenBucket } from '../admission/token-bucket.js';

/** So many seconds' worth of a rate may be used at once: a client that opens a map sends all its commands together. */
const BURST_SECONDS = 5;

/**
 * A bucket for a rate that a client may exceed for a moment.
 *
 * @param perSecond 0 for no bound
 */
export function burstyBucket(perSecond: number, now: number): TokenBucket | null {
  return perSecond === 0 ? null : new TokenBucket(perSecond, perSecond * BURST_SECONDS, now);
}

/** Bounds how fast the commands of one session come. */
export class CommandRate {
  readonly #perSecond: number;
  #allowed: TokenBucket | null = null;
  /** As many as are allowed may be refused; who sends still more does not listen. */
  #refused: TokenBucket | null = null;

  /** @param perSecond 0 for no bound */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** What to do with a command that has come: to close is to refuse it and end the session. */
  judge(now: number): 'run' | 'refuse' | 'close' {
    this.#allowed ??= burstyBucket(this.#perSecond, now);
    if (this.#allowed === null || this.#allowed.take(now)) return 'run';
    this.#refused ??= burstyBucket(this.#perSecond, now);
    return this.#refused?.take(now) === false ? 'close' : 'refuse';
  }
}
