import type { Duplex } from 'node:stream';
import type { Arrival } from '../admission/handshake.js';
import type { ClientWork } from '../commands/client-work.js';

export interface ArrivingClientOptions {
  readonly clientWork: Pick<ClientWork, 'begin' | 'beginAlone'>;
  /** A client that waits longer than this for a turn is cut; in ms. */
  readonly handshakeTimeoutMs: number;
  /** Called for each client that is cut. */
  timedOut(): void;
}

/** The client of a handshake, which takes turns with others until it has a session. */
export class ArrivingClient implements Arrival {
  readonly #socket: Duplex;
  readonly #networkOf: () => string;
  readonly #options: ArrivingClientOptions;

  constructor(socket: Duplex, networkOf: () => string, options: ArrivingClientOptions) {
    this.#socket = socket;
    this.#networkOf = networkOf;
    this.#options = options;
  }

  /** The network whose turns it shares; found only for a client that waits. */
  get network(): string {
    return this.#networkOf();
  }

  /** Connections of an HTTP server stay open after their clients have closed them, but are no longer readable. */
  get ended(): boolean {
    return this.#socket.destroyed || !this.#socket.readable;
  }

  turn(): Promise<void> | undefined {
    const turn = this.#options.clientWork.begin(this);
    return turn === undefined ? undefined : this.#wait(turn);
  }

  ownTurn(): Promise<void> {
    return this.#wait(this.#options.clientWork.beginAlone(this));
  }

  async #wait(turn: Promise<void>): Promise<void> {
    const deadline = setTimeout(() => this.#cut(), this.#options.handshakeTimeoutMs).unref();
    await turn;
    clearTimeout(deadline);
  }

  #cut(): void {
    if (!this.ended) this.#options.timedOut();
    this.#socket.destroy();
  }
}
