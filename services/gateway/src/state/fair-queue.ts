/** A session that wants its share of something scarce. */
export interface Claimant {
  /** The network that the session comes from. */
  readonly network: string;
  /** True once the session has ended: it wants nothing any more. */
  readonly ended: boolean;
}

/**
 * Items that wait for their turn. Networks take turns, and so do the sessions of one network, so that many items of one of
 * them do not delay those of another. An item may have several claimants: it is due when the first of them has its turn.
 */
export class FairQueue<T> {
  /** In the order of their turns. A network moves to the end when it has had its turn, and so does a session. */
  readonly #networks = new Map<string, Map<Claimant, T[]>>();
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
    }
    const items = sessions.get(claimant);
    if (items === undefined) sessions.set(claimant, [item]);
    else items.push(item);
    this.#claims.set(item, (this.#claims.get(item) ?? 0) + 1);
  }

  /** Removes the item that is due; undefined if none waits. */
  take(): T | undefined {
    for (const [network, sessions] of this.#networks) {
      this.#networks.delete(network);
      const item = this.#takeFrom(sessions);
      if (sessions.size > 0) this.#networks.set(network, sessions);
      if (item !== undefined) return item;
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
