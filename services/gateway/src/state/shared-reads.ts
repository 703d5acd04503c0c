import { Claim, type Reader, type ReadResult, Use } from './read-reservation.js';

/** A result in use by one session. */
export interface Reading<T> {
  readonly value: T;
  /** Waits for the client, which may have stopped reading. */
  during(wait: Promise<void>): Promise<void>;
  /** Ends the use. With the last one, the memory is free. */
  release(): void;
}

/** One read for several sessions. */
export class SharedRead<T> {
  readonly claim: Claim;
  readonly #result: Promise<ReadResult<T>>;
  #users = 0;
  #begunAt = Number.POSITIVE_INFINITY;
  #released = false;

  /** @param read calls `begun` whenever it begins, which it may do several times */
  constructor(reader: Reader, read: (claim: Claim, begun: () => void) => Promise<ReadResult<T>>) {
    this.claim = new Claim(reader);
    this.#result = read(this.claim, () => {
      this.#begunAt = performance.now();
    });
  }

  /** Whether it answers a caller for whom the read must not begin earlier than this. */
  serves(notBefore: number): boolean {
    return !this.#released && this.#begunAt >= notBefore;
  }

  /** Rejects with the error of the read. */
  async use(reader: Reader): Promise<Reading<T>> {
    this.claim.add(reader);
    this.#users++;
    const { value, reservation } = await this.#result;
    const use = new Use(reader);
    reservation.uses.add(use);
    return {
      value,
      during: (wait) => use.during(wait),
      release: () => {
        if (reservation.uses.delete(use)) this.#left(reservation);
      },
    };
  }

  /** Settles with the read. Keeps the result for `ms` after that. */
  async end(ms: number): Promise<void> {
    this.#users++;
    const { reservation } = await this.#result;
    if (ms === 0) this.#left(reservation);
    else setTimeout(() => this.#left(reservation), ms).unref();
  }

  #left(reservation: ReadResult<T>['reservation']): void {
    if (--this.#users > 0) return;
    this.#released = true;
    reservation.release();
  }
}

/** The reads of one key: one at a time, and at most one that waits. */
interface KeyReads<T> {
  latest: SharedRead<T>;
  /** True while `latest` is running. */
  reading: boolean;
  /** The read that begins when the current one ends, for callers that need a later one. */
  next: SharedRead<T> | null;
}

/**
 * Shares reads between all callers that request the same key at the same time. Each key has at most one running read;
 * callers for whom it began too early share the next one.
 */
export class SharedReads<T> {
  readonly #readKey: (key: string, claim: Claim, begun: () => void) => Promise<ReadResult<T>>;
  readonly #shareMs: number;
  readonly #keys = new Map<string, KeyReads<T>>();

  /**
   * @param readKey reads a key, and calls `begun` whenever a read begins
   * @param shareMs how long a result answers later callers, in ms after the read
   */
  constructor(
    readKey: (key: string, claim: Claim, begun: () => void) => Promise<ReadResult<T>>,
    shareMs = 0,
  ) {
    this.#readKey = readKey;
    this.#shareMs = shareMs;
  }

  /**
   * Rejects with the error of the read. The caller has to release the result.
   *
   * @param notBefore earliest begin of a read that may answer, in ms on the clock of `performance.now()`
   */
  read(key: string, notBefore: number, reader: Reader): Promise<Reading<T>> {
    const reads = this.#keys.get(key);
    if (reads === undefined) return this.#begin(key, reader).use(reader);
    if (reads.latest.serves(notBefore)) return reads.latest.use(reader);
    if (!reads.reading && reads.next === null) return this.#begin(key, reader).use(reader);
    reads.next ??= this.#after(reads.latest, key, reader);
    return reads.next.use(reader);
  }

  #after(latest: SharedRead<T>, key: string, reader: Reader): SharedRead<T> {
    const next: SharedRead<T> = new SharedRead(reader, async (claim, begun) => {
      await latest.end(0).catch(() => {});
      this.#started(key, next);
      return this.#readKey(key, claim, begun);
    });
    return next;
  }

  #begin(key: string, reader: Reader): SharedRead<T> {
    const read = new SharedRead<T>(reader, (claim, begun) => this.#readKey(key, claim, begun));
    this.#started(key, read);
    return read;
  }

  #started(key: string, read: SharedRead<T>): void {
    const reads: KeyReads<T> = { latest: read, reading: true, next: null };
    this.#keys.set(key, reads);
    const forget = (): void => {
      if (this.#keys.get(key) === reads && reads.next === null) this.#keys.delete(key);
    };
    const ended = (keepMs: number): void => {
      reads.reading = false;
      if (keepMs === 0) forget();
      else setTimeout(forget, keepMs).unref();
    };
    read.end(this.#shareMs).then(
      () => ended(this.#shareMs),
      () => ended(0),
    );
  }
}
