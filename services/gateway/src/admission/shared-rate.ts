import TinyQueue from 'tinyqueue';

/** When the debt of a network is paid off. */
interface Debt {
  readonly network: string;
  /** The value of `#repaid` in {@link SharedRate} at which nothing more is owed. */
  readonly until: number;
}

/** If all networks together owe what this many seconds allow, none may spend more than its share. */
const MAX_OWED_SECONDS = 2;

/**
 * A rate that networks share. What a network spends, it owes, and the rate pays off all debts in equal parts. A network may
 * spend while it owes less than its share of what one second allows: all of it if no other network owes anything, half of it
 * beside one other. So a network whose costs are each less than its share, and which pays them off in time, is not refused,
 * however much others spend.
 *
 * A single cost cannot be divided, so it may exceed that share. It is then owed until it is paid off. If all networks
 * together owe very much, even a network that owes nothing may spend no more than its share.
 *
 * This is processor sharing: `#repaid` is the virtual time of Parekh and Gallager (IEEE/ACM Transactions on Networking,
 * 1993), so a change of the number of networks costs no update of each.
 */
export class SharedRate {
  /** What has been paid off for each network that has been in debt all the time. */
  #repaid = 0;
  /** What all networks owe together. */
  #owed = 0;
  #at: number;
  /** The value of `#repaid` at which the debt of each network is paid off. */
  readonly #untils = new Map<string, number>();
  /** One for each network, by `until`, which is too low if the network has spent more since. */
  readonly #next = new TinyQueue<Debt>([], (a, b) => a.until - b.until);

  /** @param now ms on any monotonic clock */
  constructor(
    readonly perSecond: number,
    now: number,
  ) {
    this.#at = now;
  }

  /** Number of networks that owe something. */
  get size(): number {
    return this.#untils.size;
  }

  /** Whether a network may spend anything at the moment. */
  admits(network: string, now: number): boolean {
    this.#repay(now);
    return this.#owedBy(network) < this.#shareOf(network);
  }

  /** Spends if that is allowed; returns whether it is. */
  take(network: string, cost: number, now: number): boolean {
    if (!this.admits(network, now)) return false;
    const owed = this.#owedBy(network) + cost;
    const isMuchOwed = this.#owed >= MAX_OWED_SECONDS * this.perSecond;
    if (isMuchOwed && owed > this.#shareOf(network)) return false;
    const until = this.#repaid + owed;
    if (!this.#untils.has(network)) this.#next.push({ network, until });
    this.#untils.set(network, until);
    this.#owed += cost;
    return true;
  }

  #owedBy(network: string): number {
    return (this.#untils.get(network) ?? this.#repaid) - this.#repaid;
  }

  #shareOf(network: string): number {
    return this.perSecond / (this.size + (this.#untils.has(network) ? 0 : 1));
  }

  #repay(now: number): void {
    let left = ((now - this.#at) * this.perSecond) / 1000;
    this.#at = now;
    for (let next = this.#next.peek(); next !== undefined; next = this.#next.peek()) {
      const { network } = next;
      const until = this.#untils.get(network) ?? next.until;
      if (until > next.until) {
        this.#next.pop();
        this.#next.push({ network, until });
        continue;
      }
      const due = (until - this.#repaid) * this.size;
      if (due > left) {
        this.#repaid += left / this.size;
        this.#owed -= left;
        return;
      }
      left -= due;
      this.#owed -= due;
      this.#repaid = until;
      this.#next.pop();
      this.#untils.delete(network);
    }
    // Exactly 0, so that rounding errors do not accumulate.
    this.#repaid = 0;
    this.#owed = 0;
  }
}
