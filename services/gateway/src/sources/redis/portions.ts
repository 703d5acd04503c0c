import type { Redis } from 'ioredis';
import { unavailable } from './errors.js';

/**
 * Reads the next portion of a long read.
 *
 * @throws SourceError `source_unavailable` if what was read before was from another connection: a cursor of one server
 *   means nothing to another
 */
export type ReadPortion = <T>(read: () => Promise<T>) => Promise<T>;

/** What is to be done on one connection. */
export type LinkCommands<T> = (client: Redis, readPortion: ReadPortion) => Promise<T>;

/** Long reads take turns, one portion at a time: who asks for little waits behind one portion, however many there are. */
export class Portions {
  #last: Promise<unknown> = Promise.resolve();

  /** @param goesOn whether a read that began earlier may go on */
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
