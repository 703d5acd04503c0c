import type { IncomingMessage } from 'node:http';
import type { Authenticator } from '../auth/authenticator.js';
import type { Grant } from '../auth/grant.js';
import type { Handshake } from '../auth/hooks.js';
import { AccessRefusal, type AccessRefusalReason } from '../auth/refusal.js';
import type { ClientKind } from '../delivery/connection.js';
import type { Admission, Refusal } from './admission.js';
import { networkOf } from './client-address.js';
import type { Misdirection } from './misdirected.js';
import { accessAnswer, misdirectedAnswer, noRoomAnswer, type RefusalAnswer } from './refusal-answers.js';

/** A client that may connect: its address and its permissions. */
export interface Admitted {
  readonly address: string | null;
  readonly grant: Grant;
}

/** The result of a handshake: an admitted client, or the answer that refuses it. */
export type Entry = Admitted | { readonly refused: RefusalAnswer };

/** A client that takes turns with others while it connects. */
export interface Arrival {
  /** Resolves when it is the client's turn, or when it has gone; undefined if its turn is now. */
  turn(): Promise<void> | undefined;
  /** The same, but no two clients continue together: each has a turn of its own. */
  ownTurn(): Promise<void>;
  /** Whether it has gone. */
  readonly ended: boolean;
}

export interface HandshakeOptions {
  admission: Pick<Admission, 'addressOf' | 'enter' | 'refuse' | 'refuseAny'>;
  authenticator: Pick<Authenticator, 'checkOrigin' | 'grantAtOnce' | 'handshake' | 'auth' | 'admit'>;
  /** Throws an AccessRefusal if the other clients of the same key or token have used up what they may use together. */
  accounts: { check(grant: Grant): void };
  /** Takes errors that are defects: the client is refused. */
  reportInternalError(error: unknown, context: { where: string; transport: ClientKind }): void;
}

/** Why a connection is cut before it becomes a session. */
export const CUTS = ['too_many_frames'] as const;

/** Why a connection is refused. */
export type RefusalReason = Refusal | AccessRefusalReason | Misdirection | (typeof CUTS)[number];

/** What handshakes report. */
export interface HandshakeObserver {
  /**
   * A connection was refused before it became a session.
   *
   * @param origin that of the page, if that is the reason
   */
  refused(transport: ClientKind, reason: RefusalReason, address: string | null, origin?: string): void;
}

/** Admits or refuses the handshakes of one transport, and counts refusals. */
export class HandshakeGuard {
  readonly #transport: ClientKind;
  readonly #options: HandshakeOptions;
  readonly #observer: HandshakeObserver;
  #entering = 0;

  constructor(transport: ClientKind, options: HandshakeOptions, observer: HandshakeObserver) {
    this.#transport = transport;
    this.#options = options;
    this.#observer = observer;
  }

  /** Handshakes that wait for their turn, or whose credentials are being checked. */
  get entering(): number {
    return this.#entering;
  }

  /** The network that shares the limits of the client's address; empty if the address is unknown. */
  networkOf(request: IncomingMessage): string {
    return networkOf(this.#addressOf(request));
  }

  /** Refuses a request of a client that is in the wrong place here. */
  misdirect(request: IncomingMessage, reason: Misdirection): RefusalAnswer {
    this.#observer.refused(this.#transport, reason, this.#addressOf(request));
    return misdirectedAnswer(reason);
  }

  /**
   * Decides whether a request may start a session, or may be answered by the HTTP API; null if the client has gone. Returns a
   * promise only if the client has to wait, if there are credentials to check, or if the embedding program decides. Never
   * throws or rejects.
   *
   * A client that exceeds a limit is refused before it waits, so that the limits bound the clients that wait.
   */
  enter(request: IncomingMessage, arrival: Arrival): Entry | Promise<Entry | null> {
    const { admission, authenticator } = this.#options;
    try {
      const address = this.#addressOf(request);
      const refused = this.checkOrigin(request) ?? this.#room(admission.refuse(address), address);
      if (refused !== null) return { refused };
      const turn = arrival.turn();
      // The engine of socket.io counts the connection later, after other requests of the same packet have been judged.
      const isAtOnce = turn === undefined && this.#transport !== 'socket.io';
      const grant = isAtOnce ? authenticator.grantAtOnce(request) : null;
      return grant === null ? this.#check(request, address, arrival, turn) : { address, grant };
    } catch (error) {
      return this.#failed(error, request);
    }
  }

  async #check(
    request: IncomingMessage,
    address: string | null,
    arrival: Arrival,
    turn: Promise<void> | undefined,
  ): Promise<Entry | null> {
    try {
      const grant = await this.#wait(request, address, arrival, turn);
      if (grant === null) return null;
      if (grant instanceof AccessRefusal) return { refused: accessAnswer(grant) };
      // Meanwhile, other clients may have connected, or the gateway may have begun to drain.
      const full = this.#room(this.#options.admission.refuseAny(), address);
      return full === null ? { address, grant } : { refused: full };
    } catch (error) {
      return this.#failed(error, request);
    }
  }

  #failed(error: unknown, request: IncomingMessage): Entry {
    this.#report(error);
    return { refused: accessAnswer(this.#count(failure(), this.#addressOf(request))) };
  }

  /** Counts the handshake as a connection of its address while it waits, and while its credentials are checked. */
  async #wait(
    request: IncomingMessage,
    address: string | null,
    arrival: Arrival,
    turn: Promise<void> | undefined,
  ): Promise<Grant | AccessRefusal | null> {
    const left = this.#options.admission.enter(address);
    this.#entering++;
    try {
      await turn;
      if (arrival.ended) return null;
      const grant = this.#options.authenticator.grantAtOnce(request);
      return grant ?? (await this.#authenticate(request, address, arrival));
    } catch (error) {
      return this.#count(error, address);
    } finally {
      this.#entering--;
      left?.();
    }
  }

  /** @throws AccessRefusal if the client may not connect */
  async #authenticate(
    request: IncomingMessage,
    address: string | null,
    arrival: Arrival,
  ): Promise<Grant | null> {
    const { authenticator, accounts } = this.#options;
    const byCredentials = await authenticator.handshake(request);
    // On socket.io, the credentials are complete only with `auth`.
    if (this.#transport === 'socket.io') return byCredentials;
    const { headers, url = '' } = request;
    const handshake = { transport: this.#transport, address, headers, url, auth: undefined };
    const grant = await authenticator.admit(handshake, byCredentials);
    // Clients that are checked at the same time would all find the last place free.
    await arrival.ownTurn();
    if (arrival.ended) return null;
    accounts.check(grant);
    return grant;
  }

  /** The answer to a request from a page that may not connect; null if it may. */
  checkOrigin(request: IncomingMessage): RefusalAnswer | null {
    try {
      this.#options.authenticator.checkOrigin(request);
      return null;
    } catch (error) {
      return accessAnswer(this.#count(error, this.#addressOf(request), request.headers.origin));
    }
  }

  /**
   * What a socket.io client may do, by its `auth`. Never rejects.
   *
   * @param before what the request of its handshake allows
   */
  async auth(handshake: Omit<Handshake, 'transport'>, before: Grant): Promise<Grant | AccessRefusal> {
    const { authenticator, accounts } = this.#options;
    try {
      const byCredentials = (await authenticator.auth(handshake.auth)) ?? before;
      const grant = await authenticator.admit({ ...handshake, transport: this.#transport }, byCredentials);
      accounts.check(grant);
      return grant;
    } catch (error) {
      if (error instanceof AccessRefusal) return this.#count(error, handshake.address);
      this.#report(error);
      return this.#count(failure(), handshake.address);
    }
  }

  #report(error: unknown): void {
    this.#options.reportInternalError(error, { where: 'handshake', transport: this.#transport });
  }

  #addressOf({ socket, headers }: IncomingMessage): string | null {
    return this.#options.admission.addressOf(socket.remoteAddress, headers);
  }

  #room(refusal: Refusal | null, address: string | null): RefusalAnswer | null {
    if (refusal === null) return null;
    this.#observer.refused(this.#transport, refusal, address);
    return noRoomAnswer(refusal);
  }

  #count(error: unknown, address: string | null, origin?: string): AccessRefusal {
    if (!(error instanceof AccessRefusal)) throw error;
    this.#observer.refused(this.#transport, error.reason, address, origin);
    return error;
  }
}

/** The refusal of a client that the gateway could not decide about. */
function failure(): AccessRefusal {
  return new AccessRefusal('failed', 'the gateway failed; its log says why');
}
