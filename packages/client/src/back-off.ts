/** Waits before reconnecting, in milliseconds. */
export interface BackOffOptions {
  /** Maximum of the first wait; doubles with each attempt. */
  minMs: number;
  /** Maximum of all waits. */
  maxMs: number;
}

/**
 * Waits that grow with every attempt and differ between clients, so that the clients of a failed gateway do not all
 * reconnect at once. This is "equal jitter": the wait doubles; half of it is fixed and half of it random.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export class BackOff {
  readonly #options: BackOffOptions;
  #attempts = 0;
  #ceiling = 0;

  constructor(options: BackOffOptions) {
    this.#options = options;
  }

  /** The next wait in milliseconds. */
  next(): number {
    const { minMs, maxMs } = this.#options;
    this.#ceiling = Math.min(maxMs, minMs * 2 ** Math.min(this.#attempts++, MAX_DOUBLINGS));
    return (this.#ceiling * (1 + Math.random())) / 2;
  }

  /** A random wait in milliseconds of at most the smallest maximum, for an end that was announced. */
  spread(): number {
    return Math.random() * this.#options.minMs;
  }

  /**
   * Records how long a connection lasted, in milliseconds. After one that lasted longer than the last wait, the next
   * wait is short again. If connections keep ending early, the waits keep growing.
   */
  held(ms: number): void {
    if (ms > this.#ceiling) this.#attempts = 0;
  }
}

/** Beyond this, the number would exceed what a timer accepts. */
const MAX_DOUBLINGS = 30;
