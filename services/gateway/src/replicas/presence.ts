/** How long a silent replica is still considered running, in milliseconds. */
const EXPECTED_MS = 7_000;

/** Maximum number of remembered replicas: those that were killed are only forgotten with the next question. */
const MAX_REPLICAS = 1_000;

interface Sign {
  /** Milliseconds since the epoch. */
  lastSeen: number;
  /** On the clock of `performance.now()`. */
  expectedUntil: number;
}

/** When this replica last heard from each of the others. */
export class Presence {
  readonly #signs = new Map<string, Sign>();

  /** Records a sign of life. */
  seen(replica: string): void {
    // Deleted first, to keep the map in the order of the latest signs.
    this.#signs.delete(replica);
    this.#signs.set(replica, { lastSeen: Date.now(), expectedUntil: performance.now() + EXPECTED_MS });
    if (this.#signs.size <= MAX_REPLICAS) return;
    for (const [oldest] of this.#signs) {
      this.#signs.delete(oldest);
      return;
    }
  }

  /** Records that a replica has announced its end. */
  left(replica: string): void {
    this.#signs.delete(replica);
  }

  /** Gives all replicas time for another sign of life, after this one was disconnected from them. */
  renew(): void {
    for (const sign of this.#signs.values()) sign.expectedUntil = performance.now() + EXPECTED_MS;
  }

  /** Forgets overdue replicas, except those that are known to be running from elsewhere. */
  forgetOverdue(except: ReadonlySet<string>): void {
    const now = performance.now();
    for (const [replica, { expectedUntil }] of this.#signs) {
      if (expectedUntil < now && !except.has(replica)) this.#signs.delete(replica);
    }
  }

  /** Ids of the replicas that are considered running. */
  get replicas(): Iterable<string> {
    return this.#signs.keys();
  }

  /** Milliseconds since the epoch; null for a replica that this one never heard from. */
  lastSeen(replica: string): number | null {
    return this.#signs.get(replica)?.lastSeen ?? null;
  }
}
