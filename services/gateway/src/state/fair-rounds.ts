import { type Claimant, FairQueue } from './fair-queue.js';

/** How long the turns of one round may hold the event loop, in ms. Messages get the rest. */
export const ROUND_MS = 2;

/** The most that a turn costs, in ms: a pause of the process, or of its memory, is not the session's fault. */
const MAX_COST_MS = 10;

/** Its `then` queues a microtask at less cost than `queueMicrotask`, which does more than is needed here. */
export const AT_ONCE = Promise.resolve();

/**
 * Gives sessions that wait their turns, in rounds of the event loop: a round begins after other work of the loop, has at least
 * one turn if any session waits, and ends when its time is over. Networks share the time as {@link FairQueue} describes.
 */
export class FairRounds {
  readonly #begin: () => void;
  readonly #isOver: () => boolean;
  readonly #flush: () => void;
  readonly #waiting = new FairQueue<() => void>((resolve) => resolve());
  #isRunning = false;
  /** When the latest turn began, and how long it lasted, in ms. */
  #turnBegan = 0;
  #turnTook = 0;

  /**
   * @param begin called at the beginning of each round
   * @param isOver whether the time of the current round is over
   * @param flush called before each round, because what has been gathered must not wait for its end, and at the end of each turn:
   *   writing what a session has caused to be sent may take longer than its turn otherwise does, and belongs to it
   */
  constructor(begin: () => void, isOver: () => boolean, flush: () => void) {
    this.#begin = begin;
    this.#isOver = isOver;
    this.#flush = flush;
  }

  /** Whether any session waits for its turn. */
  get isAwaited(): boolean {
    return this.#waiting.size > 0;
  }

  /** Resolves when it is the session's turn, or when it has ended. Its turn lasts as long as the microtasks that follow. */
  turn(session: Claimant): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve, session);
      this.start();
    });
  }

  /** Begins a round in the next iteration of the event loop, unless rounds are under way. */
  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    setImmediate(this.#beginRound);
  }

  readonly #beginRound = (): void => {
    this.#flush();
    this.#begin();
    this.#give();
  };

  readonly #give = (): void => {
    const resolve = this.#waiting.take(this.#turnTook);
    this.#isRunning = resolve !== undefined;
    if (resolve === undefined) return;
    this.#turnBegan = performance.now();
    resolve();
    void AT_ONCE.then(this.#endTurn);
  };

  /** Runs as a microtask of the turn. Its other microtasks run before the next tick, so the turn is over then. */
  readonly #endTurn = (): void => process.nextTick(this.#taken);

  /** Called when a turn is over. */
  readonly #taken = (): void => {
    this.#flush();
    this.#turnTook = Math.min(MAX_COST_MS, performance.now() - this.#turnBegan);
    if (!this.#isOver()) {
      this.#give();
      return;
    }
    setImmediate(this.#beginRound);
  };
}
