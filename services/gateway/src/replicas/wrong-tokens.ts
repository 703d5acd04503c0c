import { networkOf } from '../admission/client-address.js';

/** How long the answer to a wrong token takes, in ms. */
const DELAY_MS = 500;

/** Answers to one address, and to all together, that may be delayed at the same time. */
const MAX_OF_ADDRESS = 10;
const MAX_IN_TOTAL = 1000;

/** Slows guesses of a token down: wrong ones are answered late, and an address has few of these answers at a time. */
export class WrongTokens {
  /** The number of delayed answers by network. */
  readonly #delayed = new Map<string, number>();
  #total = 0;

  /** Whether a token from this address may be checked; if not, not even the right one may be. */
  mayTry(address: string): boolean {
    return (this.#delayed.get(networkOf(address)) ?? 0) < MAX_OF_ADDRESS;
  }

  /** Resolves with true when a wrong token may be answered, or at once with false if too many answers are delayed. */
  async delay(address: string): Promise<boolean> {
    if (this.#total >= MAX_IN_TOTAL) return false;
    const network = networkOf(address);
    this.#count(network, 1);
    // Also if the client goes away meanwhile, because it could connect again.
    await new Promise((resolve) => setTimeout(resolve, DELAY_MS).unref());
    this.#count(network, -1);
    return true;
  }

  #count(network: string, change: 1 | -1): void {
    const count = (this.#delayed.get(network) ?? 0) + change;
    if (count === 0) this.#delayed.delete(network);
    else this.#delayed.set(network, count);
    this.#total += change;
  }
}
