import type { Claimant } from './fair-queue.js';
import { FairRounds } from './fair-rounds.js';

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
  #roundEnds = 0;
  readonly #rounds = new FairRounds(
    () => {
      this.#roundEnds = performance.now() + SLICE_MS;
    },
    () => performance.now() >= this.#roundEnds,
  );

  /**
   * Resolves when it is the caller's turn, or when its session has ended, with the time at which the turn ends (clock of
   * `performance.now()`).
   *
   * @param session for which the work is done; the gateway itself by default
   */
  async next(session: Claimant = GATEWAY): Promise<number> {
    await this.#rounds.turn(session);
    return performance.now() + SLICE_MS;
  }
}
