/** Longest time that one turn of long work holds the event loop, in ms. */
const SLICE_MS = 5;

/**
 * Divides the event loop between long pieces of work and live traffic. In each round of the event loop, waiting callers
 * get their turns one after the other until {@link SLICE_MS} have passed; at least one of them gets a turn.
 */
export class FairScheduler {
  readonly #waiting: (() => void)[] = [];
  #roundEnds = 0;

  /** Resolves when it is the caller's turn, with the time at which the turn ends (clock of `performance.now()`). */
  async next(): Promise<number> {
    await new Promise<void>((resolve) => {
      if (this.#waiting.push(resolve) === 1) setImmediate(this.#beginRound);
    });
    return performance.now() + SLICE_MS;
  }

  readonly #beginRound = (): void => {
    this.#roundEnds = performance.now() + SLICE_MS;
    this.#give();
  };

  readonly #give = (): void => {
    this.#waiting[0]?.();
    // The microtasks of the turn run before the next tick.
    queueMicrotask(() => process.nextTick(this.#taken));
  };

  /** Called when a turn is over. */
  readonly #taken = (): void => {
    this.#waiting.shift();
    if (this.#waiting.length === 0) return;
    if (performance.now() < this.#roundEnds) this.#give();
    else setImmediate(this.#beginRound);
  };
}
