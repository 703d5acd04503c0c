/**
 * Bounds the silence of the other side while an answer is due. A long answer over a slow connection is not silence: time
 * counts from the last received bytes.
 */
export class Silence {
  readonly #limitMs: number;
  #arrivedAt = 0;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** Bytes have arrived. */
  arrived(): void {
    this.#arrivedAt = performance.now();
  }

  /**
   * Settles like `work`.
   *
   * @throws Error if nothing arrives for the longest time while `work` is pending
   */
  during<T>(work: Promise<T>): Promise<T> {
    const begunAt = performance.now();
    let timer: NodeJS.Timeout;
    const broken = new Promise<never>((_, reject) => {
      const check = (): void => {
        const leftMs = Math.max(begunAt, this.#arrivedAt) + this.#limitMs - performance.now();
        if (leftMs <= 0) reject(new Error(`Redis sent nothing for ${this.#limitMs} ms.`));
        else timer = setTimeout(check, Math.ceil(leftMs));
      };
      timer = setTimeout(check, this.#limitMs);
    });
    return Promise.race([work, broken]).finally(() => clearTimeout(timer));
  }
}
