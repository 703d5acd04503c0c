import TinyQueue from 'tinyqueue';

/** What a network owes is repaid when {@link SharedRate} has repaid this much to each network that owes something. */
interface Debt {
  readonly network: string;
  readonly until: number;
}

/** If all networks together owe what as many seconds allow, none may spend more than its part. */
const MAX_OWED_SECONDS = 2;

/**
 * A rate that networks share. What a network spends, it owes, and the rate repays all that owe something in equal parts.
 * A network may spend while it owes less than its part of what one second allows: alone all of it, beside one other half of
 * it. So networks that spend little are not refused, however many others spend much.
 *
 * The cost of something may exceed that part, because it is not divisible. It is then owed until it is repaid. If all
 * networks together owe very much, even a network that owes nothing may spend no more than its part.
 *
 * This is processor sharing: `#repaid` is the virtual time of Parekh and Gallager (IEEE/ACM Transactions on Networking,
 * 1993), so a change of the number of networks costs no update of each.
 */
export class SharedRate {
  /** What has been repaid to each network that has owed something all the time. */
  #repaid = 0;
  /** What all networks owe together. */
  #owed = 0;
  #at: number;
  readonly #untils = new Map<string, number>();
  /** One for each network. It may have been added before the network spent more. */
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
    return this.#owedBy(network) < this.#partOf(network);
  }

  /** Spends if that is allowed; returns whether it is. */
  take(network: string, cost: number, now: number): boolean {
    if (!this.admits(network, now)) return false;
    const owed = this.#owedBy(network) + cost;
    const isMuchOwed = this.#owed >= MAX_OWED_SECONDS * this.perSecond;
    if (isMuchOwed && owed > this.#partOf(network)) return false;
    const until = this.#repaid + owed;
    if (!this.#untils.has(network)) this.#next.push({ network, until });
    this.#untils.set(network, until);
    this.#owed += cost;
    return true;
  }

  #owedBy(network: string): number {
    return (this.#untils.get(network) ?? this.#repaid) - this.#repaid;
  }

  #partOf(network: string): number {
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
    // Exactly, so that rounding does not add up.
    this.#repaid = 0;
    this.#owed = 0;
  }
}
