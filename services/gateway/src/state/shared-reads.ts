interface SharedRead<T> {
  readonly begunAt: number;
  readonly result: Promise<T>;
}

/** The reads of one key: one at a time, and at most one that waits. */
interface KeyReads<T> {
  latest: SharedRead<T> | null;
  /** True while `latest` is running. */
  reading: boolean;
  /** The read that begins when the current one ends, for callers that need a later one. */
  next: Promise<T> | null;
}

/**
 * Shares reads between all callers that request the same key at the same time. Each key has at most one running read;
 * callers for whom it began too early share the next one.
 */
export class SharedReads<T> {
  readonly #readKey: (key: string) => Promise<T>;
  readonly #shareMs: number;
  readonly #keys = new Map<string, KeyReads<T>>();

  /**
   * @param readKey reads a key
   * @param shareMs how long a result answers later callers, in ms after the read
   */
  constructor(readKey: (key: string) => Promise<T>, shareMs = 0) {
    this.#readKey = readKey;
    this.#shareMs = shareMs;
  }

  /**
   * Rejects with the error of the read.
   *
   * @param notBefore earliest begin of a read that may answer, in ms on the clock of `performance.now()`
   */
  read(key: string, notBefore: number): Promise<T> {
    let reads = this.#keys.get(key);
    if (reads === undefined) {
      reads = { latest: null, reading: false, next: null };
      this.#keys.set(key, reads);
    }
    const { latest } = reads;
    if (latest !== null && latest.begunAt >= notBefore) return latest.result;
    if (latest === null || !reads.reading) return this.#begin(key, reads);
    reads.next ??= this.#after(latest, key, reads);
    return reads.next;
  }

  async #after({ result }: SharedRead<T>, key: string, reads: KeyReads<T>): Promise<T> {
    await result.catch(() => {});
    reads.next = null;
    return this.#begin(key, reads);
  }

  #begin(key: string, reads: KeyReads<T>): Promise<T> {
    const read: SharedRead<T> = { begunAt: performance.now(), result: this.#readKey(key) };
    reads.latest = read;
    reads.reading = true;
    const forget = (): void => {
      if (reads.latest === read && reads.next === null) this.#keys.delete(key);
    };
    const ended = (keepMs: number): void => {
      reads.reading = false;
      if (keepMs === 0) forget();
      else setTimeout(forget, keepMs).unref();
    };
    read.result.then(
      () => ended(this.#shareMs),
      () => ended(0),
    );
    return read.result;
  }
}
