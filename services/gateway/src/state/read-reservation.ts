import type { Claimant } from './fair-queue.js';

/** A session that reads. */
export interface Reader extends Claimant {
  /** Ends the session: it reads too slowly, and others need the memory. */
  giveUp(): void;
}

/** Reads for many sessions, or for none. */
export const GATEWAY: Reader = { network: 'gateway', ended: false, giveUp: () => {} };

/** The sessions that wait for a read, which others may join. */
export class Claim {
  readonly #readers = new Set<Reader>();
  #joined: ((reader: Reader) => void) | null = null;

  constructor(...readers: readonly Reader[]) {
    for (const reader of readers) this.#readers.add(reader);
  }

  add(reader: Reader): void {
    if (this.#readers.has(reader)) return;
    this.#readers.add(reader);
    this.#joined?.(reader);
  }

  /** Calls the function for each reader, and for those that join later; null ends that. */
  follow(joined: ((reader: Reader) => void) | null): void {
    this.#joined = joined;
    if (joined !== null) for (const reader of this.#readers) joined(reader);
  }
}

/** What was read, in use by one session. */
export class Use {
  #stalledSince: number | null = null;
  #waitedMs = 0;

  constructor(readonly reader: Reader) {}

  /** Waits for the client. */
  async during(wait: Promise<void>): Promise<void> {
    this.#stalledSince = performance.now();
    try {
      await wait;
    } finally {
      this.#waitedMs = this.waitedMs;
      this.#stalledSince = null;
    }
  }

  /** How long the client has accepted no data, in ms. */
  get stalledMs(): number {
    return this.#stalledSince === null ? 0 : performance.now() - this.#stalledSince;
  }

  /** How long the session has waited for its client altogether, in ms. */
  get waitedMs(): number {
    return this.#waitedMs + this.stalledMs;
  }
}

/** The memory that is reserved for one read. */
export class Reservation {
  readonly #released: (reservation: Reservation) => void;
  readonly uses = new Set<Use>();
  /** Bytes that the next attempt should reserve; null unless the read outgrew its reservation. */
  outgrown: number | null = null;

  constructor(
    public bytes: number,
    released: (reservation: Reservation) => void,
  ) {
    this.#released = released;
  }

  /**
   * @param bytes that have been read
   * @param expected about as many as there will be
   * @returns false if the read must stop, and begin again with more memory
   */
  readonly grow = (bytes: number, expected: number): boolean => {
    if (bytes <= this.bytes) return true;
    this.outgrown = Math.max(expected, 2 * this.bytes);
    return false;
  };

  release(): void {
    this.#released(this);
  }
}

/** What was read, and the memory that is reserved for it until it is released. */
export interface ReadResult<T> {
  readonly value: T;
  readonly reservation: Reservation;
}
