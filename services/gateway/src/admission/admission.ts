import type { Config } from '../config/config.js';
import { type AddressReader, createAddressReader, networkOf } from './client-address.js';
import { NetworkRates } from './network-rates.js';
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

/** Decides which connections are accepted. */
export class Admission {
  readonly #general: () => Refusal | null;
  readonly #limits: ConnectionLimits;
  readonly #clock: () => number;
  /** The number of open connections of each network. */
  readonly #open = new Map<string, number>();
  readonly #rates: NetworkRates;
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
    this.#rates = new NetworkRates(limits.perSecondPerAddress, clock);
    this.#rate =
      limits.perSecond === 0 ? null : new TokenBucket(limits.perSecond, limits.perSecond, this.#clock());
  }

  /** Number of networks with open connections, plus the number of those remembered for their rates. */
  get size(): number {
    return this.#open.size + this.#rates.size;
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
    if (this.#limits.perAddress === 0 || address === null) return null;
    const network = networkOf(address);
    this.#open.set(network, this.#openOf(network) + 1);
    return () => {
      const left = this.#openOf(network) - 1;
      if (left > 0) this.#open.set(network, left);
      else this.#open.delete(network);
    };
  }

  #openOf(network: string): number {
    return this.#open.get(network) ?? 0;
  }

  #refuseAddress(address: string | null): Refusal | null {
    const { perAddress, perSecondPerAddress } = this.#limits;
    if (address === null || (perAddress === 0 && perSecondPerAddress === 0)) return null;
    const network = networkOf(address);
    if (perAddress > 0 && this.#openOf(network) >= perAddress) return 'too_many_from_address';
    return this.#rates.take(network) ? null : 'too_fast_from_address';
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
