import type { IncomingMessage } from 'node:http';
import type { Authenticator } from '../auth/authenticator.js';
import type { Grant } from '../auth/grant.js';
import type { Handshake } from '../auth/hooks.js';
import { AccessRefusal, type AccessRefusalReason } from '../auth/refusal.js';
import type { ClientKind } from '../delivery/connection.js';
import type { Admission, Refusal } from './admission.js';
import { networkOf } from './client-address.js';
import type { Misdirection } from './misdirected.js';
import {
  accessAnswer,
  FAILED_ANSWER,
  misdirectedAnswer,
  noRoomAnswer,
  type RefusalAnswer,
} from './refusal-answers.js';

/** A client that may connect: its address and its permissions. */
export interface Admitted {
  readonly address: string | null;
  readonly grant: Grant;
}

/** The result of a handshake: an admitted client, or the answer that refuses it. */
export type Entry = Admitted | { readonly refused: RefusalAnswer };

export interface HandshakeOptions {
  admission: Pick<Admission, 'addressOf' | 'enter' | 'refuse' | 'refuseAny'>;
  authenticator: Pick<Authenticator, 'checkOrigin' | 'grantAtOnce' | 'handshake' | 'auth' | 'admit'>;
  /** Throws an AccessRefusal if the other clients of the same key or token have used up what they may use together. */
  accounts: { check(grant: Grant): void };
  /** Takes errors that are defects: the client is refused. */
  reportInternalError(error: unknown, context: { where: string; transport: ClientKind }): void;
}

/** Why a connection is refused. */
export type RefusalReason = Refusal | AccessRefusalReason | Misdirection;

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

  /** Handshakes whose credentials are being checked. */
  get entering(): number {
    return this.#entering;
  }

  /** The network that shares the limits of the client's address; empty if the address is unknown. */
  networkOf(request: IncomingMessage): string {
    const address = this.#addressOf(request);
    return address === null ? '' : networkOf(address);
  }

  /** Refuses a request of a client that is in the wrong place here. */
  misdirect(request: IncomingMessage, reason: Misdirection): RefusalAnswer {
    this.#observer.refused(this.#transport, reason, this.#addressOf(request));
    return misdirectedAnswer(reason);
  }

  /**
   * Decides whether a request may start a session, or may be answered by the HTTP API. Returns a promise only if there
   * are credentials to check, or if the embedding program decides. Never throws or rejects.
   */
  enter(request: IncomingMessage): Entry | Promise<Entry> {
    const { admission, authenticator } = this.#options;
    try {
      const address = this.#addressOf(request);
      const refused = this.checkOrigin(request) ?? this.#room(admission.refuse(address), address);
      if (refused !== null) return { refused };
      const grant = authenticator.grantAtOnce(request);
      return grant === null ? this.#check(request, address) : { address, grant };
    } catch (error) {
      return this.#failed(error, request);
    }
  }

  async #check(request: IncomingMessage, address: string | null): Promise<Entry> {
    try {
      const grant = await this.#authenticate(request, address);
      if (grant instanceof AccessRefusal) return { refused: accessAnswer(grant) };
      // Other clients may have connected while the credentials were checked.
      const full = this.#room(this.#options.admission.refuseAny(), address);
      return full === null ? { address, grant } : { refused: full };
    } catch (error) {
      return this.#failed(error, request);
    }
  }

  #failed(error: unknown, request: IncomingMessage): Entry {
    this.#report(error);
    this.#observer.refused(this.#transport, 'failed', this.#addressOf(request));
    return { refused: FAILED_ANSWER };
  }

  /** Counts the handshake as a connection of its address while its credentials are checked. */
  async #authenticate(request: IncomingMessage, address: string | null): Promise<Grant | AccessRefusal> {
    const left = this.#options.admission.enter(address);
    this.#entering++;
    try {
      const grant = await this.#options.authenticator.handshake(request);
      // On socket.io the credentials are complete only with `auth`.
      if (this.#transport === 'socket.io') return grant;
      const { headers, url = '' } = request;
      const handshake = { transport: this.#transport, address, headers, url, auth: undefined };
      return await this.#admit(handshake, grant);
    } catch (error) {
      return this.#count(error, address);
    } finally {
      this.#entering--;
      left?.();
    }
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
    const { authenticator } = this.#options;
    try {
      const grant = (await authenticator.auth(handshake.auth)) ?? before;
      return await this.#admit({ ...handshake, transport: this.#transport }, grant);
    } catch (error) {
      if (error instanceof AccessRefusal) return this.#count(error, handshake.address);
      this.#report(error);
      return this.#count(new AccessRefusal('failed', FAILED_ANSWER.content.message), handshake.address);
    }
  }

  /** @throws AccessRefusal if the program or the client's account does not let it in */
  async #admit(handshake: Handshake, byCredentials: Grant): Promise<Grant> {
    const { authenticator, accounts } = this.#options;
    const grant = await authenticator.admit(handshake, byCredentials);
    accounts.check(grant);
    return grant;
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
