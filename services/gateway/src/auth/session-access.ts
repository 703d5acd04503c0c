import type { Area } from '@viaduct/geo-worker';
import { CommandError, type ErrorStatus, echo } from '@viaduct/protocol';
import type { Authenticator } from './authenticator.js';
import type { Grant, Identity } from './grant.js';
import { AccessRefusal } from './refusal.js';

/** Longest delay of a timer in Node.js and browsers, in ms: a signed 32-bit number. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** What one session may do, until when, and how to renew that. */
export class SessionAccess {
  readonly #authenticator: Pick<Authenticator, 'token'>;
  readonly #expired: () => void;
  #grant: Grant;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param expired called when the grant has expired and no other has replaced it */
  constructor(authenticator: Pick<Authenticator, 'token'>, grant: Grant, expired: () => void) {
    this.#authenticator = authenticator;
    this.#expired = expired;
    this.#grant = grant;
    this.#watch();
  }

  get area(): Area | null {
    return this.#grant.area;
  }

  /** Who the session belongs to. */
  get identity(): Identity {
    return this.#grant.identity;
  }

  mayRead(name: string): boolean {
    return this.#grant.reads(name);
  }

  mayPublish(channel: string): boolean {
    return this.#grant.publishes(channel);
  }

  /** @throws CommandError `not_allowed` */
  checkReadable(name: string): void {
    if (this.mayRead(name)) return;
    throw new CommandError('not_allowed', notReadable(name));
  }

  /**
   * Replaces the session's permissions with those of a token.
   *
   * @param agree called before anything changes; if it throws, the old permissions stay
   * @throws CommandError `invalid_token`, or `source_unavailable` if the token cannot be checked at the moment;
   *   nothing changes then
   */
  async renew(token: string, agree: (grant: Grant) => void): Promise<void> {
    const grant = await this.#check(token);
    if (this.#closed) return;
    agree(grant);
    this.#grant = grant;
    this.#watch();
  }

  async #check(token: string): Promise<Grant> {
    try {
      return await this.#authenticator.token(token);
    } catch (error) {
      if (!(error instanceof AccessRefusal)) throw error;
      const code = error.reason === 'keys_unavailable' ? 'source_unavailable' : 'invalid_token';
      throw new CommandError(code, error.message);
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #watch(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    const { expiresAt } = this.#grant;
    if (expiresAt === Number.POSITIVE_INFINITY) return;
    const left = expiresAt - Date.now();
    const next = left > MAX_DELAY_MS ? () => this.#watch() : this.#expired;
    this.#timer = setTimeout(next, Math.max(0, Math.min(left, MAX_DELAY_MS)));
  }
}

/** The error for a client that may not read a channel or key of this name. */
export function notReadable(name: string): string {
  return `"${name.slice(0, 100)}" is not readable here; check the name, or let the gateway's operator allow it (CHANNELS)`;
}

/**
 * The error for a client whose subscription has ended because the channel is no longer allowed.
 *
 * @param reason what does not allow it
 */
export function endedStatus(channel: string, reason: string): ErrorStatus {
  return {
    status: 'error',
    code: 'not_allowed',
    message: `the subscription has ended: ${reason}`,
    command: echo(`SUB ${channel}`),
    channel,
  };
}
