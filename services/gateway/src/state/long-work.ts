import type { Claimant } from './fair-queue.js';
import { FairRounds, ROUND_MS } from './fair-rounds.js';
import { GATEWAY } from './read-reservation.js';

/** The minimum length of the last turn of a round, in ms: less would not be worth the wait. */
const MIN_TURN_MS = 1;

/**
 * Divides the event loop between work that takes long, such as reading a large hash or comparing views, and live traffic. Such
 * work always waits for its turn, which ends at a time that it is given. In each round of the event loop, waiting callers
 * get their turns one after the other until {@link ROUND_MS} have passed; at least one of them gets a turn. Networks and
 * their sessions take turns, so that the long work of many sessions of one network does not delay that of another.
 */
export class LongWork {
  #roundEnds = 0;
  readonly #rounds: FairRounds;

  /** @param flush as for {@link FairRounds} */
  constructor(flush: () => void) {
    const begin = (): void => {
      this.#roundEnds = performance.now() + ROUND_MS;
    };
    this.#rounds = new FairRounds(begin, () => performance.now() >= this.#roundEnds, flush);
  }

  /**
   * Resolves when it is the caller's turn, or when its session has ended, with the time at which the turn ends (clock of
   * `performance.now()`).
   *
   * @param session for which the work is done; the gateway itself by default
   */
  async turn(session: Claimant = GATEWAY): Promise<number> {
    await this.#rounds.turn(session);
    return Math.max(this.#roundEnds, performance.now() + MIN_TURN_MS);
  }
}
