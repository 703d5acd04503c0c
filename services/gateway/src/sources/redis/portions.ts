import type { Redis } from 'ioredis';
import { unavailable } from './errors.js';

/**
 * Reads the next portion of a long read.
 *
 * @throws SourceError `source_unavailable` if earlier portions came from another connection: a cursor of one server is
 *   meaningless on another
 */
export type ReadPortion = <T>(read: () => Promise<T>) => Promise<T>;

/** The work on one connection. */
export type LinkCommands<T> = (client: Redis, readPortion: ReadPortion) => Promise<T>;

/** Long reads take turns, one portion at a time: a small request waits for one portion only, however many are pending. */
export class Portions {
  #last: Promise<unknown> = Promise.resolve();

  /** @param goesOn whether a read that began earlier may continue */
  turn(goesOn: () => boolean): ReadPortion {
    return (read) => {
      const turn = this.#last.then(() => {
        if (!goesOn()) throw unavailable('was lost during a long read');
        return read();
      });
      this.#last = turn.catch(() => {});
      return turn;
    };
  }
}
