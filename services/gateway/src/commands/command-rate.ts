import { TokenBucket } from '../admission/token-bucket.js';

/** The burst is the rate times this many seconds: a client that opens a map sends all its commands at once. */
const BURST_SECONDS = 2;

/**
 * A bucket for a rate that a client may briefly exceed.
 *
 * @param perSecond 0 for no limit
 */
export function burstyBucket(perSecond: number, now: number): TokenBucket | null {
  return perSecond === 0 ? null : new TokenBucket(perSecond, perSecond * BURST_SECONDS, now);
}

/** Whether a bucket allows as much as a new one; null for a bucket that nothing has needed yet. */
export function isUnused(bucket: TokenBucket | null, now: number): boolean {
  return bucket === null || bucket.isFull(now);
}

/** The most commands that one session can send at once without being closed, run and refused ones together. */
export function mostAtOnce(perSecond: number): number {
  return perSecond === 0 ? Number.POSITIVE_INFINITY : 2 * BURST_SECONDS * perSecond;
}

/** A command counts once for each begun piece of this length, in characters: longer ones are more work. */
const COUNTED_LENGTH = 4096;

/** The number of commands that one of this length counts as. */
export function weightOf(length: number): number {
  return Math.max(1, Math.ceil(length / COUNTED_LENGTH));
}

/** Limits the rate of commands of one session. */
export class CommandRate {
  readonly #perSecond: number;
  #allowed: TokenBucket | null = null;
  /**
   * A client may have as many commands refused as it may send. A client that sends even more ignores the errors. Frames that
   * are not commands count, too.
   */
  #refused: TokenBucket | null = null;

  /** @param perSecond 0 for no limit */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /**
   * What to do with a received command. `close` means to refuse it and end the session.
   *
   * @param weight number of commands that it counts as
   */
  judge(now: number, weight: number): 'run' | 'refuse' | 'close' {
    this.#allowed ??= burstyBucket(this.#perSecond, now);
    if (this.#allowed === null || this.#allowed.take(now, weight)) return 'run';
    return this.bears(now, weight) ? 'refuse' : 'close';
  }

  /** Whether a session that has sent something that is refused, or is not a command, continues. */
  bears(now: number, weight = 1): boolean {
    this.#refused ??= burstyBucket(this.#perSecond, now);
    return this.#refused?.take(now, weight) !== false;
  }

  /** Whether it allows as much as a new one. */
  isUnused(now: number): boolean {
    return isUnused(this.#allowed, now) && isUnused(this.#refused, now);
  }
}
