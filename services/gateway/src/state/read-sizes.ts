/** A read takes this much more than the last time, because what it reads grows. */
const GROWTH = 1.25;

/** How much of a larger size is remembered after a smaller read: one hash has large and small fields. */
const FADING = 0.99;

/** The smallest part of a read, in bytes. */
const MIN_BYTES = 1024;

/** The number of keys whose size is remembered. */
const MAX_SIZES = 10_000;

/** The sizes of earlier reads, from which those of the next ones are expected. */
export class ReadSizes {
  /** In bytes, by key; the last used last. */
  readonly #sizes = new Map<string, number>();

  /** How many bytes a read is likely to have; undefined if nothing is known about it. */
  expected(key: string): number | undefined {
    const last = this.#sizes.get(key);
    return last === undefined ? undefined : Math.max(Math.ceil(last * GROWTH), MIN_BYTES);
  }

  /** @param bytes that the read had, or needs at least */
  remember(key: string, bytes: number): void {
    const last = this.#sizes.get(key) ?? 0;
    this.#sizes.delete(key);
    this.#sizes.set(key, Math.max(bytes, last * FADING));
    if (this.#sizes.size <= MAX_SIZES) return;
    for (const oldest of this.#sizes.keys()) {
      this.#sizes.delete(oldest);
      return;
    }
  }
}
