/** Longest that one turn of long work holds the event loop, in ms. */
const SLICE_MS = 5;

/**
 * Divides the event loop between long pieces of work and live traffic: of all who wait for a turn, one gets it in
 * each round of the event loop.
 */
export class FairScheduler {
  readonly #waiting: (() => void)[] = [];

  /** Resolves when it is the caller's turn, with the time at which the turn ends (clock of `performance.now()`). */
  async next(): Promise<number> {
    await new Promise<void>((resolve) => {
      if (this.#waiting.push(resolve) === 1) setImmediate(this.#give);
    });
    return performance.now() + SLICE_MS;
  }

  readonly #give = (): void => {
    this.#waiting.shift()?.();
    if (this.#waiting.length > 0) setImmediate(this.#give);
  };
}
