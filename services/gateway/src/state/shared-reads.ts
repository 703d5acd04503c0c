interface SharedRead<T> {
  readonly begunAt: number;
  readonly result: Promise<T>;
}

/** The reads of one key: one at a time, and at most one that waits for it. */
interface KeyReads<T> {
  latest: SharedRead<T> | null;
  /** True while `latest` is under way. */
  reading: boolean;
  /** The read that begins when the present one has ended, for those whom that does not serve. */
  next: Promise<T> | null;
}

/**
 * Reads that are shared by all who ask for the same key at the same time. However many ask, there is one read of a key
 * at a time: those for whom it began too early share the next one.
 */
export class SharedReads<T> {
  readonly #readKey: (key: string) => Promise<T>;
  readonly #shareMs: number;
  readonly #keys = new Map<string, KeyReads<T>>();

  /**
   * @param readKey reads a key
   * @param shareMs how long after it was read a result still answers others, in ms
   */
  constructor(readKey: (key: string) => Promise<T>, shareMs = 0) {
    this.#readKey = readKey;
    this.#shareMs = shareMs;
  }

  /**
   * Rejects with what the read rejects with.
   *
   * @param notBefore a read that was begun earlier does not do, in ms on the clock of `performance.now()`
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
