import type { IncomingMessage } from 'node:http';
import type { Authenticator } from '../access/authenticator.js';
import type { Grant } from '../access/grant.js';
import { AccessRefusal } from '../access/refusal.js';
import type { Connection } from '../services.js';
import { accessAnswer, noRoomAnswer, type RefusalAnswer } from './refusals.js';
import type { Admission, TransportObserver } from './transport.js';

/** How a handshake ends: with what the client may do, or with the answer that refuses it. */
export type Entry = { readonly grant: Grant } | { readonly refused: RefusalAnswer };

export interface EntranceOptions {
  admission: Admission;
  authenticator: Pick<Authenticator, 'checkOrigin' | 'handshake' | 'auth'>;
}

/** Where handshakes of one transport are admitted or refused, and refusals counted. */
export class Entrance {
  #entering = 0;

  constructor(
    private readonly transport: Connection['door'],
    private readonly options: EntranceOptions,
    private readonly observer: Pick<TransportObserver, 'refused'>,
  ) {}

  /** Handshakes whose credentials are being checked. */
  get entering(): number {
    return this.#entering;
  }

  /** Decides about a request that begins a session. */
  async enter(request: IncomingMessage): Promise<Entry> {
    const refused = this.checkOrigin(request) ?? this.#room();
    if (refused !== null) return { refused };
    this.#entering++;
    try {
      const grant = await this.options.authenticator.handshake(request);
      // Others may have come while the credentials were checked; this one still counts itself.
      this.#entering--;
      const full = this.#room();
      this.#entering++;
      return full === null ? { grant } : { refused: full };
    } catch (error) {
      return { refused: accessAnswer(this.#count(error)) };
    } finally {
      this.#entering--;
    }
  }

  /** The answer to a request from a page that may not connect; null where it may. */
  checkOrigin(request: IncomingMessage): RefusalAnswer | null {
    try {
      this.options.authenticator.checkOrigin(request);
      return null;
    } catch (error) {
      return accessAnswer(this.#count(error));
    }
  }

  /** What the credentials in socket.io's `auth` allow; null where there are none. */
  async auth(auth: unknown): Promise<Grant | AccessRefusal | null> {
    try {
      return await this.options.authenticator.auth(auth);
    } catch (error) {
      return this.#count(error);
    }
  }

  #room(): RefusalAnswer | null {
    const refusal = this.options.admission();
    if (refusal === null) return null;
    this.observer.refused(this.transport, refusal);
    return noRoomAnswer(refusal);
  }

  #count(error: unknown): AccessRefusal {
    if (!(error instanceof AccessRefusal)) throw error;
    this.observer.refused(this.transport, error.reason);
    return error;
  }
}
