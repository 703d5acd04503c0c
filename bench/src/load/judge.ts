import type { Expectation } from './expectation.js';

/** Maximum number of messages in flight of a publisher in a closed loop. */
export const MAX_WINDOW = 4096;

/** The result of a run, in deliveries: one message to one connection each. */
export interface Verdict {
  expected: number;
  /** Expected deliveries that arrived, each counted once. */
  delivered: number;
  missing: number;
  /** Unexpected deliveries: outside the box, of another channel, repeated, or never published. */
  extra: number;
  /** Deliveries that arrived after a later message of the same connection. */
  reordered: number;
}

/** Decides whether every connection receives all its messages, no other, and in order. */
export interface Judge {
  /** Message `k` arrived at connection `c`. */
  received(c: number, k: number): void;
  /** How many of the first messages have certainly reached all their recipients. */
  acked(): number;
  /** Deliveries of the first `published` messages that have not arrived yet; null if that is unknown. */
  outstanding(published: number): number | null;
  /** Called once, at the end. `published` is the total number of messages. */
  verdict(published: number): Verdict;
}

/**
 * Judges by counting: each arriving message must be expected and later than the one before, so none can arrive twice;
 * then the right number is also the right set.
 */
export class CountingJudge implements Judge {
  readonly #first: number;
  readonly #expectation: Expectation;
  readonly #last: Float64Array;
  readonly #counts: Float64Array;
  #delivered = 0;
  #extra = 0;
  #reordered = 0;
  #acked = 0;
  #newest: number;

  /** @param first number of the run's first message */
  constructor(first: number, connections: number, expectation: Expectation) {
    this.#first = first;
    this.#expectation = expectation;
    this.#last = new Float64Array(connections).fill(first - 1);
    this.#counts = new Float64Array(connections);
    this.#newest = first - 1;
  }

  received(c: number, k: number): void {
    if (k < this.#first || c >= this.#counts.length || !this.#expectation.wants(c, k)) {
      this.#extra++;
      return;
    }
    if (k <= (this.#last[c] ?? 0)) {
      this.#reordered++;
      return;
    }
    this.#last[c] = k;
    if (k > this.#newest) this.#newest = k;
    this.#counts[c] = (this.#counts[c] ?? 0) + 1;
    this.#delivered++;
  }

  acked(): number {
    const farthest = this.#newest - this.#first + 1 + MAX_WINDOW;
    while (this.#acked < farthest && this.#expectation.total(this.#acked + 1) <= this.#delivered)
      this.#acked++;
    return this.#acked;
  }

  outstanding(published: number): number {
    return this.#expectation.total(published) - this.#delivered;
  }

  verdict(published: number): Verdict {
    let missing = 0;
    let unpublished = 0;
    const expected = this.#expectation.counts(published);
    this.#counts.forEach((count, c) => {
      const difference = (expected[c] ?? 0) - count;
      if (difference > 0) missing += difference;
      else unpublished -= difference;
    });
    return {
      expected: this.#expectation.total(published),
      delivered: this.#delivered - unpublished,
      missing,
      extra: this.#extra + unpublished,
      reordered: this.#reordered,
    };
  }
}

/** Every connection must receive each message once, in any order: the answer to a `GET` of a whole hash. */
export class SnapshotJudge implements Judge {
  readonly #first: number;
  readonly #connections: number;
  readonly #size: number;
  readonly #seen: Uint8Array;
  #delivered = 0;
  #extra = 0;

  constructor(first: number, connections: number, size: number) {
    this.#first = first;
    this.#connections = connections;
    this.#size = size;
    this.#seen = new Uint8Array(connections * size);
  }

  received(c: number, k: number): void {
    const j = k - this.#first;
    const at = c * this.#size + j;
    if (c >= this.#connections || j < 0 || j >= this.#size || this.#seen[at] === 1) {
      this.#extra++;
      return;
    }
    this.#seen[at] = 1;
    this.#delivered++;
  }

  acked(): number {
    return this.#delivered === this.#connections * this.#size ? this.#size : 0;
  }

  outstanding(): number {
    return this.#connections * this.#size - this.#delivered;
  }

  verdict(): Verdict {
    const expected = this.#connections * this.#size;
    return {
      expected,
      delivered: this.#delivered,
      missing: this.outstanding(),
      extra: this.#extra,
      reordered: 0,
    };
  }
}
