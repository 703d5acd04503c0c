import { type Claimant, FairQueue } from './fair-queue.js';

/** Longest time that one turn of long work holds the event loop, in ms. */
const SLICE_MS = 5;

/** Work that the gateway does for many sessions, or for none. */
const GATEWAY: Claimant = { network: 'gateway', ended: false };

/**
 * Divides the event loop between long pieces of work and live traffic. In each round of the event loop, waiting callers
 * get their turns one after the other until {@link SLICE_MS} have passed; at least one of them gets a turn. Networks and
 * their sessions take turns, so that the long work of many sessions of one network does not delay that of another.
 */
export class FairScheduler {
  readonly #waiting = new FairQueue<() => void>((resolve) => resolve());
  #isRunning = false;
  #roundEnds = 0;

  /**
   * Resolves when it is the caller's turn, or when its session has ended, with the time at which the turn ends (clock of
   * `performance.now()`).
   *
   * @param session for which the work is done; the gateway itself by default
   */
  async next(session: Claimant = GATEWAY): Promise<number> {
    await new Promise<void>((resolve) => {
      this.#waiting.add(resolve, session);
      if (!this.#isRunning) setImmediate(this.#beginRound);
      this.#isRunning = true;
    });
    return performance.now() + SLICE_MS;
  }

  readonly #beginRound = (): void => {
    this.#roundEnds = performance.now() + SLICE_MS;
    this.#give();
  };

  readonly #give = (): void => {
    const resolve = this.#waiting.take();
    this.#isRunning = resolve !== undefined;
    if (resolve === undefined) return;
    resolve();
    // The microtasks of the turn run before the next tick.
    queueMicrotask(() => process.nextTick(this.#taken));
  };

  /** Called when a turn is over. */
  readonly #taken = (): void => {
    if (performance.now() < this.#roundEnds) this.#give();
    else setImmediate(this.#beginRound);
  };
}
