/** How long a replica that says nothing is still expected to be there, in milliseconds. */
const EXPECTED_MS = 7_000;

/** Most replicas that are remembered: those that were killed are forgotten only when somebody asks for them. */
const MAX_REPLICAS = 1_000;

interface Sign {
  /** Milliseconds since the epoch. */
  lastSeen: number;
  /** On the clock of `performance.now()`. */
  expectedUntil: number;
}

/** When this replica last heard of each of the others. */
export class Presence {
  readonly #signs = new Map<string, Sign>();

  /** A sign of life. */
  seen(replica: string): void {
    // Removed first, so that the map is in the order of the latest signs.
    this.#signs.delete(replica);
    this.#signs.set(replica, { lastSeen: Date.now(), expectedUntil: performance.now() + EXPECTED_MS });
    if (this.#signs.size <= MAX_REPLICAS) return;
    for (const [oldest] of this.#signs) {
      this.#signs.delete(oldest);
      return;
    }
  }

  /** It has said that it ends. */
  left(replica: string): void {
    this.#signs.delete(replica);
  }

  /** Gives all replicas time for another sign of life, where this one could not have heard them. */
  renew(): void {
    for (const sign of this.#signs.values()) sign.expectedUntil = performance.now() + EXPECTED_MS;
  }

  /** Forgets replicas that are overdue, but for those that are known to be there from elsewhere. */
  forgetOverdue(except: ReadonlySet<string>): void {
    const now = performance.now();
    for (const [replica, { expectedUntil }] of this.#signs) {
      if (expectedUntil < now && !except.has(replica)) this.#signs.delete(replica);
    }
  }

  /** Ids of those that are expected to be there. */
  get replicas(): Iterable<string> {
    return this.#signs.keys();
  }

  /** Milliseconds since the epoch; null for a replica that was never heard of. */
  lastSeen(replica: string): number | null {
    return this.#signs.get(replica)?.lastSeen ?? null;
  }
}
