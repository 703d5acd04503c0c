import type { Queue } from '../../delivery/messages.js';

/** Time within which a client that keeps up has received what it was sent, in ms. */
const TAKEN_WITHIN_MS = 100;

/** A connection whose engine accepts more data although it has not sent all that it has. */
export interface Watched {
  /** Counts a queue as waiting for the client if the engine has not sent everything. */
  countUnsent(queue: Queue): void;
}

/**
 * Checks some time after each write whether it has been sent. The engine does not report this: it accepts a whole queue, of any
 * size, and refuses only the next one.
 */
export class UnsentWatch {
  #written: { queue: Queue; connections: readonly Watched[] }[] = [];

  /** Called when a queue was written to connections. */
  wrote(queue: Queue, connections: readonly Watched[]): void {
    if (this.#written.push({ queue, connections }) === 1) setTimeout(this.#check, TAKEN_WITHIN_MS).unref();
  }

  readonly #check = (): void => {
    const written = this.#written;
    this.#written = [];
    for (const { queue, connections } of written) {
      for (const connection of connections) connection.countUnsent(queue);
    }
  };
}
