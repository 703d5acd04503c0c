import { BoxField, boxOf, pointX, pointY } from './world.js';

/** Which messages go to which connections. `n` counts messages from the run's first one. */
export interface Expectation {
  /** Whether connection `c` must receive message `k`. */
  wants(c: number, k: number): boolean;
  /** Total number of deliveries of the first `n` messages. */
  total(n: number): number;
  /** Number of their deliveries to each connection. */
  counts(n: number): ArrayLike<number>;
}

/**
 * Messages use this many channels in turn, and so do the connections; with one channel, every connection receives
 * everything.
 */
export class ByChannel implements Expectation {
  readonly #first: number;
  readonly #connections: number;
  readonly #channels: number;

  constructor(first: number, connections: number, channels: number) {
    this.#first = first;
    this.#connections = connections;
    this.#channels = channels;
  }

  wants(c: number, k: number): boolean {
    return k % this.#channels === c % this.#channels;
  }

  counts(n: number): ArrayLike<number> {
    const first = this.#first;
    const channels = this.#channels;
    return Array.from({ length: this.#connections }, (_, c) => {
      const offset = (((c - first) % channels) + channels) % channels;
      return n <= offset ? 0 : Math.floor((n - 1 - offset) / channels) + 1;
    });
  }

  total(n: number): number {
    const channels = this.#channels;
    const connections = this.#connections;
    const rest = n % channels;
    const start = this.#first % channels;
    // Every channel has `each` connections; those below `fuller` have one more.
    const each = Math.floor(connections / channels);
    const fuller = connections % channels;
    const ofRest = rest * each + overlap(start, rest, 0, fuller) + overlap(start, rest, channels, fuller);
    return Math.floor(n / channels) * connections + ofRest;
  }
}

/** How many whole numbers two ranges have in common, each given by its start and length. */
function overlap(a: number, aLength: number, b: number, bLength: number): number {
  return Math.max(0, Math.min(a + aLength, b + bLength) - Math.max(a, b));
}

/** Every connection has its own box over the same share of the area. */
export class ByBox implements Expectation {
  readonly #first: number;
  readonly #connections: number;
  readonly #field: BoxField;
  /** Deliveries of the first n messages, up to the largest n so far. */
  readonly #totals: number[] = [0];

  constructor(first: number, connections: number, share: number) {
    this.#first = first;
    this.#connections = connections;
    this.#field = new BoxField(Array.from({ length: connections }, (_, i) => boxOf(i, share)));
  }

  wants(c: number, k: number): boolean {
    return this.#field.has(c, pointX(k), pointY(k));
  }

  counts(n: number): ArrayLike<number> {
    const counts = new Float64Array(this.#connections);
    for (let k = this.#first; k < this.#first + n; k++) {
      this.#field.visit(pointX(k), pointY(k), (i) => {
        counts[i] = (counts[i] ?? 0) + 1;
      });
    }
    return counts;
  }

  total(n: number): number {
    for (let j = this.#totals.length; j <= n; j++) {
      const k = this.#first + j - 1;
      this.#totals[j] = (this.#totals[j - 1] ?? 0) + this.#field.count(pointX(k), pointY(k));
    }
    return this.#totals[n] ?? 0;
  }
}
