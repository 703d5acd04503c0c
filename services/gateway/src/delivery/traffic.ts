/** The time over which rates are averaged, in ms: long enough for a steady number, short enough to show what happens now. */
const MEAN_MS = 30_000;

/** Messages and bytes per second. */
export interface Rates {
  readonly messages: number;
  readonly bytes: number;
}

/**
 * What arrives on one channel: a few numbers, because they change with every message. The rates are exponential means,
 * so they need no timer and no window. Times are ms on the clock of `performance.now()`.
 */
export class Traffic {
  messages = 0;
  /** When the last message arrived; before the first, when counting began. */
  lastAt: number;
  /** Messages and bytes, each weighted by its age. */
  #messages = 0;
  #bytes = 0;

  constructor(now: number) {
    this.lastAt = now;
  }

  /** A message of this size has arrived. */
  add(bytes: number, now: number): void {
    const weight = this.#weight(now);
    this.messages++;
    this.#messages = this.#messages * weight + 1;
    this.#bytes = this.#bytes * weight + bytes;
    this.lastAt = now;
  }

  /** The current rates; too low in the first minute. */
  rates(now: number): Rates {
    const perSecond = (this.#weight(now) * 1000) / MEAN_MS;
    return { messages: this.#messages * perSecond, bytes: this.#bytes * perSecond };
  }

  #weight(now: number): number {
    return Math.exp((this.lastAt - now) / MEAN_MS);
  }
}
