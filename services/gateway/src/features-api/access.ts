import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Admission, REFUSALS, type Refusal } from '../admission/admission.js';
import { networkOf } from '../admission/client-address.js';
import { HandshakeGuard, type HandshakeObserver, type HandshakeOptions } from '../admission/handshake.js';
import { headersOf } from '../admission/refusal-answers.js';
import type { Grant } from '../auth/grant.js';
import { type RateLimits, SessionRates } from '../commands/session-rates.js';
import type { UsedRates } from '../session/used-rates.js';
import type { Reader } from '../state/read-room.js';
import { Problem } from './problem.js';

/** Who sent a request, and what it may read. */
export interface Caller {
  readonly grant: Grant;
  /** Waits for reads, and may have to make room for others. */
  readonly reader: Reader;
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

export interface AccessParts {
  readonly admission: Pick<Admission, 'addressOf'>;
  readonly authenticator: HandshakeOptions['authenticator'];
  readonly usedRates: UsedRates;
  readonly limits: RateLimits;
  readonly reportInternalError: HandshakeOptions['reportInternalError'];
  /** Counts refusals. */
  readonly observer: HandshakeObserver;
}

/** Decides which requests are answered, by the rules for sessions. */
export class Access {
  readonly #guard: HandshakeGuard;

  constructor({ admission, authenticator, usedRates, limits, reportInternalError, observer }: AccessParts) {
    const options = {
      admission: new RequestAdmission(admission, usedRates, limits),
      authenticator,
      reportInternalError,
    };
    this.#guard = new HandshakeGuard('http', options, observer);
  }

  /** @throws Problem if the request is refused */
  async enter(request: IncomingMessage, response: ServerResponse): Promise<Caller> {
    const entry = await this.#guard.enter(request);
    if ('refused' in entry) {
      const { refused } = entry;
      const { 'content-type': _, ...headers } = headersOf(refused);
      throw new Problem(asProblem(refused.status), messageOf(refused.content.message), headers);
    }
    const { address, grant } = entry;
    const reader: Reader = {
      network: address === null ? '' : networkOf(address),
      get ended() {
        return response.destroyed;
      },
      giveUp: () => void response.destroy(),
    };
    return { grant, reader };
  }
}

/** Requests to the API are not misdirected, so they have no other status. */
function asProblem(status: number): Problem['status'] {
  return status === 401 || status === 403 || status === 429 || status === 503 ? status : 500;
}

function messageOf(message: unknown): string {
  return typeof message === 'string' && Object.hasOwn(REFUSALS, message)
    ? 'your address sends too many requests per second; send fewer'
    : String(message);
}
