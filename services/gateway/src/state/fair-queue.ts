import { NetworkTurns } from './network-turns.js';

/** A session that wants its share of something scarce. */
export interface Claimant {
  /** The network that the session comes from. */
  readonly network: string;
  /** True once the session has ended: it no longer wants anything. */
  readonly ended: boolean;
}

/**
 * Items that wait for their turn. Networks take turns in proportion to what their items cost: a network that wants little
 * goes first, whatever others want, and networks that want a lot get equal shares. The sessions of one network take
 * turns, too. An item may have several claimants: it is due when the first of them has its turn.
 *
 * This is weighted fair queueing (Demers, Keshav and Shenker, SIGCOMM 1989) with equal weights. The cost of an item is not
 * known in advance, so the cost of the network's previous item is used instead.
 */
export class FairQueue<T> {
  /** Items by network and session. A session moves to the end when it has had its turn. */
  readonly #networks = new Map<string, Map<Claimant, T[]>>();
  readonly #turns = new NetworkTurns();
  /** The number of claimants of each waiting item. */
  readonly #claims = new Map<T, number>();
  readonly #abandoned: (item: T) => void;

  /** @param abandoned called for an item whose claimants have all ended */
  constructor(abandoned: (item: T) => void) {
    this.#abandoned = abandoned;
  }

  /** The number of waiting items. */
  get size(): number {
    return this.#claims.size;
  }

  add(item: T, claimant: Claimant): void {
    let sessions = this.#networks.get(claimant.network);
    if (sessions === undefined) {
      sessions = new Map();
      this.#networks.set(claimant.network, sessions);
      this.#turns.wait(claimant.network);
    }
    const items = sessions.get(claimant);
    if (items === undefined) sessions.set(claimant, [item]);
    else items.push(item);
    this.#claims.set(item, (this.#claims.get(item) ?? 0) + 1);
  }

  /**
   * Removes the item that is due; undefined if none waits.
   *
   * @param cost cost of the item that was taken last, in any unit
   */
  take(cost = 1): T | undefined {
    this.#turns.charge(cost);
    for (let network = this.#turns.next(); network !== undefined; network = this.#turns.next()) {
      const sessions = this.#networks.get(network);
      const item = sessions === undefined ? undefined : this.#takeFrom(sessions);
      if (sessions?.size === 0) this.#networks.delete(network);
      else this.#turns.wait(network);
      if (item !== undefined) return item;
      this.#turns.skip();
    }
    return undefined;
  }

  #takeFrom(sessions: Map<Claimant, T[]>): T | undefined {
    for (const [session, items] of sessions) {
      sessions.delete(session);
      const item = session.ended ? this.#abandon(items) : this.#firstOf(items);
      if (items.length > 0) sessions.set(session, items);
      if (item !== undefined) return item;
    }
    return undefined;
  }

  /** Removes the first item that has not been taken for another claimant. */
  #firstOf(items: T[]): T | undefined {
    for (let item = items.shift(); item !== undefined; item = items.shift()) {
      if (this.#claims.delete(item)) return item;
    }
    return undefined;
  }

  #abandon(items: T[]): undefined {
    for (const item of items.splice(0)) {
      const claims = this.#claims.get(item);
      if (claims === undefined) continue;
      if (claims > 1) this.#claims.set(item, claims - 1);
      else if (this.#claims.delete(item)) this.#abandoned(item);
    }
  }
}
