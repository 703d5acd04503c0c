/** Who has taken nothing for so long, in ms, does not read on. Those who read take a part in much less. */
export const STALLED_MS = 1_000;

/** A snapshot that is kept in memory. */
interface Held {
  /** Size of its values as they are stored. */
  readonly bytes: number;
}

/** A session that waits in the middle of a snapshot until its client takes more. */
export interface SnapshotRecipient {
  /** Ends it: it has waited for too long, and others need the memory. */
  giveUp(): void;
}

/**
 * Bounds the memory of snapshots that are kept for clients that do not read on. Where they become too much, those of
 * which no part has left for the longest time are given up, with the sessions that wait in them.
 */
export class SnapshotMemoryBudget {
  readonly #maxBytes: number;
  /** The snapshot of which a part left last comes last. */
  readonly #held = new Map<Held, Set<SnapshotRecipient>>();
  #bytes = 0;

  /** @param maxBytes of all held snapshots together, as they are stored; one alone may be larger */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Size of the snapshots that are held, as they are stored. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Counts the snapshot, once its holder has stalled, as long as the promise is pending. */
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
