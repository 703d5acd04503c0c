import { networkOf } from '../admission/client-address.js';
import type { SessionRates } from '../commands/session-rates.js';

/** The most rates that are kept, of all addresses. */
const MAX_KEPT = 10_000;

/**
 * The rates that sessions had used when they ended. The next sessions of the same address continue with them, so that
 * clients cannot reconnect to get new ones.
 */
export class UsedRates {
  /** By address or IPv6 network; the ones that were used last are at the end. */
  readonly #kept = new Map<string, SessionRates[]>();
  readonly #clock: () => number;
  #size = 0;

  /** @param clock a monotonic clock, in ms */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /** How many are kept. */
  get size(): number {
    return this.#size;
  }

  /** Takes what an ended session of this address has left; null if there is nothing. */
  take(address: string | null): SessionRates | null {
    if (address === null || this.#size === 0) return null;
    const network = networkOf(address);
    const ofNetwork = this.#kept.get(network);
    const rates = ofNetwork?.pop() ?? null;
    if (rates !== null) this.#size--;
    if (ofNetwork?.length === 0) this.#kept.delete(network);
    return rates;
  }

  /** Keeps the rates of a session that has ended, until they allow as much as new ones. */
  leave(address: string | null, rates: SessionRates): void {
    if (address === null || rates.areUnused(this.#clock())) return;
    const network = networkOf(address);
    const ofNetwork = this.#kept.get(network) ?? [];
    ofNetwork.push(rates);
    this.#size++;
    this.#kept.delete(network);
    this.#kept.set(network, ofNetwork);
    this.#forget();
  }

  /** Forgets rates that allow as much as new ones, and the oldest of the others beyond the limit. */
  #forget(): void {
    const now = this.#clock();
    for (const [network, ofNetwork] of this.#kept) {
      while (ofNetwork.length > 0 && (this.#size > MAX_KEPT || ofNetwork[0]?.areUnused(now) === true)) {
        ofNetwork.shift();
        this.#size--;
      }
      if (ofNetwork.length > 0) return;
      this.#kept.delete(network);
    }
  }
}
