/**
 * Size of one slab, in bytes. It is small, because unsent bytes of one stalled client keep a whole slab in memory. Still it
 * serves several writes, each of which would otherwise need its own memory from the operating system.
 */
const SLAB_BYTES = 32 * 1024;

/** Provides memory for bytes that are needed until a write ends. */
export class Slab {
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  #used = 0;

  /** Memory that is not shared, with arbitrary content. */
  take(bytes: number): Buffer {
    if (bytes > SLAB_BYTES / 4) return Buffer.allocUnsafeSlow(bytes);
    if (this.#used + bytes > SLAB_BYTES) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += bytes;
    return this.#slab.subarray(start, this.#used);
  }
}
