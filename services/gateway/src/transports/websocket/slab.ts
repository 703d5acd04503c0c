/**
 * Size of one slab, in bytes. What one stalled client holds back keeps a whole slab alive, so it is small; still it
 * serves several writes, each of which would otherwise need memory of its own from the operating system.
 */
const SLAB_BYTES = 32 * 1024;

/** Hands out memory for bytes that live as long as a write. */
export class Slab {
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  #used = 0;

  /** Memory that nobody else has, with arbitrary content. */
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
