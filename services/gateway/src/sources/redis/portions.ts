import type { Redis } from 'ioredis';
import TinyQueue from 'tinyqueue';
import { unavailable } from './errors.js';

/**
 * Reads the next portion of a long read.
 *
 * @param had bytes that the read has received so far
 * @throws SourceError `source_unavailable` if earlier portions came from another connection: a cursor of one server is
 *   meaningless on another
 */
export type ReadPortion = <T>(read: () => Promise<T>, had: number) => Promise<T>;

/** The work on one connection. */
export type LinkCommands<T> = (client: Redis, readPortion: ReadPortion) => Promise<T>;

/** A waiting read continues, at the latest, when others have received this many times its bytes. */
const MAX_OVERTAKEN = 8;

/** A read that waits. */
interface Turn {
  readonly rank: number;
  readonly order: number;
  begin(): void;
}

/**
 * Long reads take turns, one portion at a time: a small request waits for one portion only, however many are pending. The
 * read that has received least goes first, so that a read of two portions does not wait for one of each long read.
 */
export class Portions {
  readonly #waiting = new TinyQueue<Turn>([], (a, b) => a.rank - b.rank || a.order - b.order);
  #isBusy = false;
  #order = 0;
  /** Bytes that all reads have received. */
  #total = 0;

  /** @param mayContinue whether a read that began earlier may continue */
  turn(mayContinue: () => boolean): ReadPortion {
    const begunAt = this.#total;
    let counted = 0;
    return async (read, had) => {
      this.#total += had - counted;
      counted = had;
      // Without the second part, a steady stream of new reads would keep all others waiting.
      await this.#begin(had + begunAt / MAX_OVERTAKEN);
      try {
        if (!mayContinue()) throw unavailable('was lost during a long read');
        return await read();
      } finally {
        this.#end();
      }
    };
  }

  #begin(rank: number): Promise<void> | undefined {
    if (this.#isBusy) {
      return new Promise((begin) => this.#waiting.push({ rank, order: this.#order++, begin }));
    }
    this.#isBusy = true;
    return undefined;
  }

  #end(): void {
    const next = this.#waiting.pop();
    if (next === undefined) this.#isBusy = false;
    else next.begin();
  }
}
