import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Accounts } from '../admission/accounts.js';
import { type Admission, REFUSALS, type Refusal } from '../admission/admission.js';
import {
  type Admitted,
  type Arrival,
  HandshakeGuard,
  type HandshakeObserver,
  type HandshakeOptions,
} from '../admission/handshake.js';
import { headersOf } from '../admission/refusal-answers.js';
import type { Grant } from '../auth/grant.js';
import type { ClientWork } from '../commands/client-work.js';
import { type RateLimits, SessionRates } from '../commands/session-rates.js';
import type { RequestTurns } from '../http/request-turns.js';
import type { UsedRates } from '../session/used-rates.js';
import type { Claimant } from '../state/fair-queue.js';
import type { Reader } from '../state/read-reservation.js';
import { Problem } from './problem.js';

/** Who sent a request, and what it may read. */
export interface Caller extends Admitted {
  /** Waits for reads, and may have to make room for others. */
  readonly reader: Reader;
  /** Waits for turns. All requests of a connection share it, as all commands of a session do. */
  readonly waiter: Claimant;
}

/**
 * Admits requests by the rate of commands of their address: a request counts as a command of a session that begins and ends
 * with it. Connections are limited elsewhere.
 */
class RequestAdmission implements Pick<Admission, 'addressOf' | 'enter' | 'refuse' | 'refuseAny'> {
  readonly addressOf: Admission['addressOf'];
  readonly #usedRates: UsedRates;
  readonly #limits: RateLimits;

  constructor({ addressOf }: Pick<Admission, 'addressOf'>, usedRates: UsedRates, limits: RateLimits) {
    this.addressOf = addressOf;
    this.#usedRates = usedRates;
    this.#limits = limits;
  }

  refuse(address: string | null): Refusal | null {
    const rates = this.#usedRates.take(address) ?? new SessionRates(this.#limits);
    const verdict = rates.commands.judge(performance.now(), 1);
    this.#usedRates.leave(address, rates);
    return verdict === 'run' ? null : 'too_fast_from_address';
  }

  refuseAny(): null {
    return null;
  }

  enter(): null {
    return null;
  }
}

export interface AccessServices {
  readonly admission: Pick<Admission, 'addressOf'>;
  readonly authenticator: HandshakeOptions['authenticator'];
  readonly accounts: Pick<Accounts, 'checkRate'>;
  readonly usedRates: UsedRates;
  readonly limits: RateLimits;
  readonly clientWork: Pick<ClientWork, 'begin' | 'beginAlone' | 'measure'>;
  readonly requestTurns: RequestTurns;
  readonly reportInternalError: HandshakeOptions['reportInternalError'];
  /** Counts refusals. */
  readonly observer: HandshakeObserver;
  /** Event streams are sessions of a transport, whose handshakes these are. */
  readonly events: { readonly handshakes: HandshakeGuard };
}

/**
 * The client of one request. A class, because V8 would keep the getters of an object literal, and with them the whole
 * request, until it collects the old generation.
 */
class RequestClient implements Arrival, Reader {
  readonly network: string;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #waiter: Claimant;
  readonly #clientWork: AccessServices['clientWork'];

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    waiter: Claimant,
    clientWork: AccessServices['clientWork'],
  ) {
    this.network = waiter.network;
    this.#request = request;
    this.#response = response;
    this.#waiter = waiter;
    this.#clientWork = clientWork;
  }

  get ended(): boolean {
    return hasGone(this.#request, this.#response);
  }

  turn(): Promise<void> | undefined {
    return this.#clientWork.begin(this.#waiter);
  }

  ownTurn(): Promise<void> {
    return this.#clientWork.beginAlone(this.#waiter);
  }

  giveUp(): void {
    this.#response.destroy();
  }
}

/** Decides which requests are answered, by the rules for sessions. */
export class Access {
  readonly #requests: HandshakeGuard;
  readonly #streams: HandshakeGuard;
  readonly #clientWork: AccessServices['clientWork'];
  readonly #requestTurns: RequestTurns;

  constructor(services: AccessServices) {
    const { admission, authenticator, usedRates, limits, reportInternalError, observer } = services;
    const options = {
      admission: new RequestAdmission(admission, usedRates, limits),
      authenticator,
      // A request is not a connection, but the bytes of its answer count.
      accounts: { check: (grant: Grant) => services.accounts.checkRate(grant) },
      reportInternalError,
    };
    this.#requests = new HandshakeGuard('http', options, observer);
    this.#streams = services.events.handshakes;
    this.#clientWork = services.clientWork;
    this.#requestTurns = services.requestTurns;
  }

  /**
   * Resolves when it is the turn of a request; with null if its client has gone.
   *
   * @param isStream whether the answer has no end
   * @throws Problem if the request is refused
   */
  async enter(request: IncomingMessage, response: ServerResponse, isStream: boolean): Promise<Caller | null> {
    const guard = isStream ? this.#streams : this.#requests;
    const waiter = this.#requestTurns.waiterOf(request);
    const client = new RequestClient(request, response, waiter, this.#clientWork);
    const entry = await guard.enter(request, client);
    // Refusals take time, too.
    this.#clientWork.measure();
    if (entry === null) return null;
    if ('refused' in entry) {
      const { refused } = entry;
      const { 'content-type': _, ...headers } = headersOf(refused);
      throw new Problem(asProblem(refused.status), messageOf(refused.content.message), headers);
    }
    const { address, grant } = entry;
    return { address, grant, reader: client, waiter };
  }
}

/**
 * Whether the client no longer waits for an answer. A response that waits behind another is not destroyed with its
 * connection.
 */
export function hasGone({ socket }: IncomingMessage, response: ServerResponse): boolean {
  return socket.destroyed || response.destroyed;
}

/** Requests to the API are not misdirected, so they have no other status. */
function asProblem(status: number): Problem['status'] {
  return status === 401 || status === 403 || status === 429 || status === 503 ? status : 500;
}

/** What a client that exceeds a limit should do. */
const REFUSED: Readonly<Record<Refusal, string>> = {
  draining: 'the gateway is about to stop; try again later',
  too_many_connections: 'the gateway has reached its limit of connections; try again later',
  too_many_from_address: 'your address has too many connections; close some',
  too_fast_from_address: 'your address sends too many requests per second; send fewer',
  too_fast: 'there are too many new connections per second; try again later',
};

function messageOf(message: unknown): string {
  return typeof message === 'string' && Object.hasOwn(REFUSALS, message)
    ? REFUSED[message as Refusal]
    : String(message);
}
