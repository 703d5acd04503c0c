/** Time after which a client that takes no data counts as stalled, in ms. A client that reads needs much less. */
export const STALLED_MS = 1_000;

/** A snapshot that is kept in memory. */
interface Held {
  /** Size of its values as they are stored. */
  readonly bytes: number;
}

/** A session that waits in the middle of a snapshot until its client reads more. */
export interface SnapshotRecipient {
  /** Ends the session: it has waited too long, and others need the memory. */
  giveUp(): void;
}

/**
 * Bounds the memory of snapshots that are kept for stalled clients. Past the limit, the sessions of the snapshots
 * that have stalled for the longest time end.
 */
export class SnapshotMemoryBudget {
  readonly #maxBytes: number;
  /** Ordered by the time of the last stall, the oldest first. */
  readonly #held = new Map<Held, Set<SnapshotRecipient>>();
  #bytes = 0;

  /** @param maxBytes of all held snapshots together, as they are stored; a single one may be larger */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Size of the held snapshots, as they are stored, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Counts the snapshot from the time its holder stalls until the promise settles. */
  async during(wait: Promise<void>, snapshot: Held, holder: SnapshotRecipient): Promise<void> {
    const stalled = setTimeout(() => this.#hold(snapshot, holder), STALLED_MS);
    try {
      await wait;
    } finally {
      clearTimeout(stalled);
      this.#release(snapshot, holder);
    }
  }

  #hold(snapshot: Held, holder: SnapshotRecipient): void {
    const holders = this.#held.get(snapshot) ?? new Set();
    if (!this.#held.delete(snapshot)) this.#bytes += snapshot.bytes;
    this.#held.set(snapshot, holders.add(holder));
    for (const [oldest, waiting] of this.#held) {
      if (this.#bytes <= this.#maxBytes || oldest === snapshot) return;
      this.#drop(oldest);
      for (const slow of waiting) slow.giveUp();
    }
  }

  #release(snapshot: Held, holder: SnapshotRecipient): void {
    const holders = this.#held.get(snapshot);
    if (holders?.delete(holder) === true && holders.size === 0) this.#drop(snapshot);
  }

  #drop(snapshot: Held): void {
    this.#held.delete(snapshot);
    this.#bytes -= snapshot.bytes;
  }
}
