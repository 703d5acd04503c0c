import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { type AddressReader, networkOf } from '../admission/client-address.js';
import type { ClientWork } from '../commands/client-work.js';
import type { Claimant } from '../state/fair-queue.js';

/**
 * A connection that waits for turns. Its network is computed once for all its requests, because IPv6 addresses must be
 * parsed.
 */
class ConnectionWaiter implements Claimant {
  readonly address: string | null;
  readonly network: string;
  readonly #socket: Socket;

  constructor(address: string | null, socket: Socket) {
    this.address = address;
    this.network = networkOf(address);
    this.#socket = socket;
  }

  get ended(): boolean {
    return this.#socket.destroyed;
  }
}

/**
 * Gives every request its turn before anything is done for it, whatever it asks for. All requests of a connection share the
 * turns of the connection, as all commands of a session share those of the session.
 */
export class RequestTurns {
  readonly #clientWork: Pick<ClientWork, 'begin'>;
  readonly #addressOf: AddressReader;
  readonly #waiting = new Set<Promise<void>>();
  readonly #waiters = new WeakMap<Socket, ConnectionWaiter>();

  constructor(clientWork: Pick<ClientWork, 'begin'>, addressOf: AddressReader) {
    this.#clientWork = clientWork;
    this.#addressOf = addressOf;
  }

  /** Resolves when it is the turn of a request, or when its client has gone; undefined if its turn is now. */
  begin(request: IncomingMessage): Promise<void> | undefined {
    const turn = this.#clientWork.begin(this.waiterOf(request));
    if (turn !== undefined) {
      this.#waiting.add(turn);
      void turn.then(() => this.#waiting.delete(turn));
    }
    return turn;
  }

  /** Resolves when the requests that wait now have had their turns. */
  async served(): Promise<void> {
    if (this.#waiting.size === 0) return;
    await Promise.all(this.#waiting);
    // A turn lasts as long as the microtasks that follow.
    await setImmediate();
  }

  /** The claimant of the turns of a request. */
  waiterOf({ socket, headers }: IncomingMessage): Claimant {
    const address = this.#addressOf(socket.remoteAddress, headers);
    const known = this.#waiters.get(socket);
    // The connection of a proxy may have requests of many clients.
    if (known?.address === address) return known;
    const waiter = new ConnectionWaiter(address, socket);
    this.#waiters.set(socket, waiter);
    return waiter;
  }
}
