import type { Config } from '../config/config.js';
import { type AddressReader, createAddressReader, networkOf } from './client-address.js';
import { TokenBucket } from './token-bucket.js';

/** Why a connection is refused, with the HTTP status of the answer. After a 503, a proxy tries another gateway. */
export const REFUSALS = {
  draining: 503,
  too_many_connections: 503,
  too_many_from_address: 429,
  too_fast_from_address: 429,
  too_fast: 429,
} as const;

export type Refusal = keyof typeof REFUSALS;

/** Limits on the number and rate of connections; 0 for no limit. */
export interface ConnectionLimits {
  /** Open at the same time from one address. */
  perAddress: number;
  /** New connections per second, in total and from one address. This is also the size of a burst. */
  perSecond: number;
  perSecondPerAddress: number;
}

/** What is known about one address. */
interface Guest {
  open: number;
  bucket: TokenBucket | null;
  /** When it last connected or disconnected. */
  at: number;
}

/** How many addresses without a connection are remembered, for their rates. */
const MAX_RESTING = 10_000;

/** After this time in ms, the bucket of an idle address is full again, so the address can be forgotten. */
const FULL_AGAIN_MS = 1000;

/** Decides which connections are accepted. */
export class Admission {
  readonly #general: () => Refusal | null;
  readonly #limits: ConnectionLimits;
  readonly #clock: () => number;
  readonly #present = new Map<string, Guest>();
  /** Addresses without connections that were active recently, the oldest first. */
  readonly #resting = new Map<string, Guest>();
  readonly #rate: TokenBucket | null;

  /**
   * @param addressOf finds the client's address
   * @param general why every connection is refused at the moment; null if there is no such reason
   * @param clock a monotonic clock, in ms
   */
  constructor(
    readonly addressOf: AddressReader,
    general: () => Refusal | null,
    limits: ConnectionLimits,
    clock: () => number = () => performance.now(),
  ) {
    this.#general = general;
    this.#limits = limits;
    this.#clock = clock;
    this.#rate =
      limits.perSecond === 0 ? null : new TokenBucket(limits.perSecond, limits.perSecond, this.#clock());
  }

  /** Number of addresses that are remembered. */
  get size(): number {
    return this.#present.size + this.#resting.size;
  }

  /** Returns why a connection is refused; null if it is accepted. Call this once for each new connection. */
  refuse(address: string | null): Refusal | null {
    const refusal = this.#general() ?? this.#refuseAddress(address);
    if (refusal !== null) return refusal;
    return this.#rate?.take(this.#clock()) === false ? 'too_fast' : null;
  }

  /** Returns why every connection is refused at the moment; null if there is no such reason. */
  refuseAny(): Refusal | null {
    return this.#general();
  }

  /**
   * Counts an accepted connection.
   *
   * @returns a function to call once when the connection has ended; null if nothing is counted
   */
  enter(address: string | null): (() => void) | null {
    if (!this.#countsAddresses || address === null) return null;
    const network = networkOf(address);
    const guest = this.#guest(network);
    guest.open++;
    this.#resting.delete(network);
    this.#present.set(network, guest);
    return () => {
      guest.open--;
      if (guest.open > 0) return;
      this.#present.delete(network);
      if (guest.bucket !== null) this.#rest(network, guest);
    };
  }

  get #countsAddresses(): boolean {
    return this.#limits.perAddress > 0 || this.#limits.perSecondPerAddress > 0;
  }

  #refuseAddress(address: string | null): Refusal | null {
    if (!this.#countsAddresses || address === null) return null;
    const network = networkOf(address);
    const guest = this.#guest(network);
    const { perAddress } = this.#limits;
    if (perAddress > 0 && guest.open >= perAddress) return 'too_many_from_address';
    if (guest.bucket === null) return null;
    const refused = !guest.bucket.take(this.#clock());
    if (guest.open === 0) this.#rest(network, guest);
    return refused ? 'too_fast_from_address' : null;
  }

  #guest(network: string): Guest {
    const known = this.#present.get(network) ?? this.#resting.get(network);
    if (known !== undefined) return known;
    const rate = this.#limits.perSecondPerAddress;
    const at = this.#clock();
    return { open: 0, bucket: rate === 0 ? null : new TokenBucket(rate, rate, at), at };
  }

  /** Remembers an address that has no more connections, and forgets addresses that have been idle long enough. */
  #rest(network: string, guest: Guest): void {
    guest.at = this.#clock();
    this.#resting.delete(network);
    this.#resting.set(network, guest);
    for (const [other, { at }] of this.#resting) {
      if (this.#resting.size <= MAX_RESTING && guest.at - at < FULL_AGAIN_MS) break;
      this.#resting.delete(other);
    }
  }
}

/**
 * The admission that the settings ask for.
 *
 * @param general why every connection is refused at the moment; null if there is no such reason
 */
export function createAdmission({ limits }: Config, general: () => Refusal | null): Admission {
  return new Admission(createAddressReader(limits.trustedProxies), general, {
    perAddress: limits.maxConnectionsPerAddress,
    perSecond: limits.connectionsPerSecond,
    perSecondPerAddress: limits.connectionsPerSecondPerAddress,
  });
}
