import TinyQueue from 'tinyqueue';

/** A network that waits for its turn. Starts and ends are amounts of what networks share, such as ms. */
interface Turn {
  readonly network: string;
  readonly start: number;
  /** Where the turn will end if it costs as much as the last one of the network. */
  readonly end: number;
  readonly order: number;
}

/** What is remembered of a network. */
interface Past {
  /** Where its last turn ended. */
  readonly end: number;
  /** What that turn cost. */
  readonly cost: number;
}

const NEWCOMER: Past = { end: 0, cost: 0 };

/** Minimum number of idle networks to remember. */
const MIN_REMEMBERED = 64;

/** The order in which waiting networks have their turns: see {@link FairQueue}. */
export class NetworkTurns {
  readonly #waiting = new TinyQueue<Turn>([], (a, b) => a.end - b.end || a.order - b.order);
  readonly #pasts = new Map<string, Past>();
  /** The fair share of each network so far. A network that has used less starts here. */
  #reached = 0;
  #order = 0;
  /** Whose turn it is, and whether it already waits for another one. */
  #served: { readonly network: string; readonly start: number; waits: boolean } | null = null;

  /** Puts a network in line for a turn. Do not call this again until its turn has begun. */
  wait(network: string): void {
    // When the next turn of a network is due depends on what this one costs.
    if (this.#served?.network === network) this.#served.waits = true;
    else this.#enter(network);
  }

  /** Ends the turn of the network that {@link next} returned. */
  charge(cost: number): void {
    if (this.#served === null) return;
    const { network, start } = this.#served;
    this.#pasts.set(network, { end: start + cost, cost });
    // Without this, a steady stream of new networks would keep all others waiting.
    this.#reached += cost / (this.#waiting.length + 1);
    this.skip();
  }

  /** Ends the turn without a charge: of a network that turned out to want nothing. */
  skip(): void {
    const served = this.#served;
    this.#served = null;
    if (served?.waits === true) this.#enter(served.network);
  }

  /** The network whose turn begins; undefined if none waits. */
  next(): string | undefined {
    const turn = this.#waiting.pop();
    if (turn === undefined) return undefined;
    const { network, start } = turn;
    this.#reached = Math.max(this.#reached, start);
    this.#served = { network, start, waits: false };
    this.#forget();
    return network;
  }

  #enter(network: string): void {
    const { end, cost } = this.#pasts.get(network) ?? NEWCOMER;
    const start = Math.max(this.#reached, end);
    this.#waiting.push({ network, start, end: start + cost, order: this.#order++ });
  }

  /** Forgets networks that would start now anyway, once they may be the majority. */
  #forget(): void {
    if (this.#pasts.size <= 2 * this.#waiting.length + MIN_REMEMBERED) return;
    for (const [network, { end }] of this.#pasts) if (end <= this.#reached) this.#pasts.delete(network);
  }
}
