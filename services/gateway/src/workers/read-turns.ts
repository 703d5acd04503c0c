import { type GeoPool, GeoPoolError, type ResultOf, type Task } from '@viaduct/geo-worker';
import { CommandError } from '@viaduct/protocol';
import { FairQueue } from '../state/fair-queue.js';
import type { Claim } from '../state/read-reservation.js';

/** With this many waiting tasks for each thread, no further read begins. */
const MAX_WAITING_PER_THREAD = 256;

interface Waiting {
  begin(): void;
  abandon(): void;
}

/**
 * Gives the work of reads to the pool. Live messages come first: a read gets a thread only if no message needs it. Networks
 * and sessions take turns.
 */
export class ReadTurns {
  readonly #pool: GeoPool;
  readonly #refused: () => void;
  readonly #queue = new FairQueue<Waiting>((waiting) => waiting.abandon());

  /** @param refused called for a read that does not begin */
  constructor(pool: GeoPool, refused: () => void) {
    this.#pool = pool;
    this.#refused = refused;
    pool.onFree(() => this.#serve());
  }

  /** Number of tasks that wait for their turn. */
  get waiting(): number {
    return this.#queue.size;
  }

  /**
   * Call this before a read begins; its tasks are then always accepted.
   *
   * @throws CommandError `overloaded`
   */
  admit(): void {
    if (this.#queue.size < MAX_WAITING_PER_THREAD * this.#pool.threads) return;
    this.#refused();
    throw new CommandError('overloaded', 'too much is requested at once; wait a few seconds, then try again');
  }

  /**
   * Runs a task when it is the turn of one of the sessions that wait for it.
   *
   * @throws GeoPoolError if workers fail with it, or all the sessions have ended
   */
  async run<T extends Task>(task: T, claim: Claim): Promise<ResultOf<T>> {
    if (!this.#pool.isFree || this.#queue.size > 0) await this.#turn(claim);
    return this.#pool.run(task);
  }

  async #turn(claim: Claim): Promise<void> {
    try {
      await new Promise<void>((begin, reject) => {
        const abandon = (): void => reject(new GeoPoolError('the task is no longer needed'));
        const waiting: Waiting = { begin, abandon };
        claim.follow((reader) => this.#queue.add(waiting, reader));
      });
    } finally {
      claim.follow(null);
    }
  }

  #serve(): void {
    this.#queue.take()?.begin();
  }
}
