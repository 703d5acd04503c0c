/** How long to wait before connecting again, in milliseconds. */
export interface BackOffOptions {
  /** Longest first wait; doubles with each attempt. */
  minMs: number;
  /** Longest wait of all. */
  maxMs: number;
}

/**
 * Waits that grow with every attempt and differ from client to client, so that those who lost the same gateway do not all
 * come back at once: "equal jitter", half of a wait that doubles is fixed and half of it random.
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

  /** A wait in milliseconds from none at all to the shortest ceiling, for an end that was announced. */
  spread(): number {
    return Math.random() * this.#options.minMs;
  }

  /**
   * Takes note that a connection held for so long, in milliseconds. Where that is longer than the last wait, the next one
   * is short again; a connection that is ended time and again is tried ever more rarely.
   */
  held(ms: number): void {
    if (ms > this.#ceiling) this.#attempts = 0;
  }
}

/** Beyond it the number would only grow out of what a timer takes. */
const MAX_DOUBLINGS = 30;
