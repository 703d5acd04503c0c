import type { Config } from '../config/config.js';
import { type AddressReader, createAddressReader, networkOf } from './client-address.js';
import { TokenBucket } from './token-bucket.js';

/** Why a connection is not taken, with the HTTP status of the answer. A proxy tries another gateway upon a 503. */
export const REFUSALS = {
  draining: 503,
  too_many_connections: 503,
  too_many_from_address: 429,
  too_fast_from_address: 429,
  too_fast: 429,
} as const;

export type Refusal = keyof typeof REFUSALS;

/** How many connections there may be, and come; 0 for any number. */
export interface ConnectionLimits {
  /** Open at the same time from one address. */
  perAddress: number;
  /** New ones in a second, from everywhere and from one address; so many may also come at once. */
  perSecond: number;
  perSecondPerAddress: number;
}

/** One address, as far as it is counted. */
interface Guest {
  open: number;
  bucket: TokenBucket | null;
  /** When it last came or left. */
  at: number;
}

/** How many addresses without a connection are remembered, for their rates. */
const MAX_RESTING = 10_000;

/** A bucket of one second's worth is full again after so many ms: nothing need be remembered of its address then. */
const FULL_AGAIN_MS = 1000;

/** Decides which connections are taken. */
export class Admission {
  readonly #general: () => Refusal | null;
  readonly #limits: ConnectionLimits;
  readonly #clock: () => number;
  readonly #present = new Map<string, Guest>();
  /** Addresses without connections that came a moment ago, the longest gone first. */
  readonly #resting = new Map<string, Guest>();
  readonly #rate: TokenBucket | null;

  /**
   * @param addressOf where a connection comes from
   * @param general what stands against any connection at the moment; null for nothing
   * @param clock ms that only go forward
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

  /** Addresses that something is remembered of. */
  get size(): number {
    return this.#present.size + this.#resting.size;
  }

  /** Says why a connection is not taken; null where it is. Asked once for each that wants to come. */
  refuse(address: string | null): Refusal | null {
    const refusal = this.#general() ?? this.#refuseAddress(address);
    if (refusal !== null) return refusal;
    return this.#rate?.take(this.#clock()) === false ? 'too_fast' : null;
  }

  /** Says what stands against any connection at the moment; null for nothing. */
  refuseAny(): Refusal | null {
    return this.#general();
  }

  /**
   * Counts a connection that was taken.
   *
   * @returns to be called once, when it has ended; null where nothing is counted
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

  /** Remembers an address that has no connection, and forgets those that have been gone for long enough. */
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
 * @param general why no connection is accepted at the moment; null if they are
 */
export function createAdmission({ limits }: Config, general: () => Refusal | null): Admission {
  return new Admission(createAddressReader(limits.trustedProxies), general, {
    perAddress: limits.maxConnectionsPerAddress,
    perSecond: limits.connectionsPerSecond,
    perSecondPerAddress: limits.connectionsPerSecondPerAddress,
  });
}
