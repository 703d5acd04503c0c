import type { RedisLink } from './link.js';
import { describeNode, type RedisNode } from './url.js';

/** A connection to one master of a Redis Cluster, with its data. */
interface MasterLink {
  readonly link: RedisLink;
}

/** A connection to each master of a Redis Cluster, as masters come and go. */
export class MasterLinks<T extends MasterLink> {
  readonly #byName = new Map<string, T>();
  readonly #make: (master: RedisNode) => T;
  readonly #left: (master: T) => void;
  #haveTried = false;

  /**
   * @param make makes the connection, but does not open it
   * @param left called for a master that no longer serves any slot
   */
  constructor(make: (master: RedisNode) => T, left: (master: T) => void = () => {}) {
    this.#make = make;
    this.#left = left;
  }

  get all(): T[] {
    return [...this.#byName.values()];
  }

  /** Whether the first attempts to connect to all masters are over. Those that come later do not change it. */
  get haveTried(): boolean {
    this.#haveTried ||= this.#byName.size > 0 && this.all.every(({ link }) => link.hasTried);
    return this.#haveTried;
  }

  /** The connection to a master; undefined if there is none. */
  to(master: RedisNode | undefined): T | undefined {
    return master === undefined ? undefined : this.#byName.get(describeNode(master));
  }

  /** The connection to a node; makes and opens it if there is none. */
  open(node: RedisNode): T {
    const present = this.to(node);
    if (present !== undefined) return present;
    const made = this.#make(node);
    this.#byName.set(describeNode(node), made);
    made.link.open();
    return made;
  }

  /** Closes the connections to other nodes than the masters, and opens missing ones. */
  match(masters: readonly RedisNode[]): void {
    const present = new Set(masters.map(describeNode));
    for (const [name, left] of this.#byName) {
      if (present.has(name)) continue;
      this.#byName.delete(name);
      this.#left(left);
      void left.link.close();
    }
    for (const master of masters) this.open(master);
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map(({ link }) => link.close()));
  }
}
