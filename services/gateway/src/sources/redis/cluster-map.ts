/// <reference path="./cluster-key-slot.d.ts" />
import calculateSlot from 'cluster-key-slot';
import type { RedisPlace } from './place.js';
import { askNode } from './question.js';
import { type ClusterAddress, describeNode, hostOr, type RedisNode, sameNode } from './url.js';

/** The most nodes that are asked for the map at once. */
const ASKED_AT_ONCE = 5;

/** A range of hash slots, both ends included, and the master that serves it. */
interface SlotRange {
  readonly first: number;
  readonly last: number;
  readonly owner: RedisNode;
}

/** Which master serves which hash slots, according to one node. */
export class ClusterView {
  readonly #ranges: readonly SlotRange[];

  constructor(ranges: readonly SlotRange[]) {
    this.#ranges = ranges;
  }

  /** Every master that serves slots, once. */
  get masters(): RedisNode[] {
    return [...new Map(this.#ranges.map(({ owner }) => [describeNode(owner), owner])).values()];
  }

  /** The master that serves a key or a sharded channel; undefined if no master serves the slot. */
  ownerOf(key: string): RedisNode | undefined {
    const slot = calculateSlot(key);
    return this.#ranges.find(({ first, last }) => first <= slot && slot <= last)?.owner;
  }
}

/** Asks the nodes of a Redis Cluster for the map of slots. Remembers nodes, so that the configured ones may disappear. */
export class ClusterMap {
  readonly #address: ClusterAddress;
  readonly #timeoutMs: number;
  #known: readonly RedisNode[];
  #underWay: Promise<ClusterView> | undefined;

  constructor(address: ClusterAddress, timeoutMs: number) {
    this.#address = address;
    this.#timeoutMs = timeoutMs;
    this.#known = address.nodes;
  }

  /**
   * The current view of a node that reaches most of the cluster. Simultaneous calls share one.
   *
   * @throws Error with the failures if no node answers
   */
  view(): Promise<ClusterView> {
    this.#underWay ??= this.#ask().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  /** The place for a connection about the key; without a key, any master. */
  place(key?: string): RedisPlace {
    return {
      locate: async () => {
        const view = await this.view();
        const node = key === undefined ? shuffled(view.masters)[0] : view.ownerOf(key);
        if (node === undefined) throw new Error('No node of the Redis Cluster serves the slot.');
        return node;
      },
      holds: async (node) => {
        // A node that is cut off from the others does not receive their messages, so it is asked first.
        const own = key === undefined && (await this.#askOne(node).catch(() => null));
        const view = own || (await this.view().catch(() => null));
        if (view === null) return true;
        if (own === null) return false;
        const right = key === undefined ? view.masters : [view.ownerOf(key) ?? node];
        return right.some((candidate) => sameNode(candidate, node));
      },
    };
  }

  async #ask(): Promise<ClusterView> {
    const nodes = shuffled(this.#known).slice(0, ASKED_AT_ONCE);
    try {
      const view = await Promise.any(nodes.map((node) => this.#askOne(node)));
      this.#known = distinct([...view.masters, ...this.#address.nodes]);
      return view;
    } catch (error) {
      const failures = error instanceof AggregateError ? error.errors.map(String) : [String(error)];
      throw new Error(`No node of the Redis Cluster returned the map of slots (${failures.join('; ')}).`);
    }
  }

  #askOne(node: RedisNode): Promise<ClusterView> {
    return askNode(node, this.#address, this.#timeoutMs, async (client) => {
      const [info, slots] = await Promise.all([client.cluster('INFO'), client.cluster('SLOTS')]);
      // A node that is cut off from the others continues with an outdated map, but reports that the cluster has failed.
      if (!String(info).includes('cluster_state:ok')) {
        throw new Error(`${describeNode(node)} says that the cluster cannot serve`);
      }
      if (slots.length === 0) throw new Error(`${describeNode(node)} says that no master serves any slot`);
      return new ClusterView(slots.map((range) => slotRange(range, node)));
    });
  }
}

/** One entry of CLUSTER SLOTS: first slot, last slot, the master, its replicas; a server is host, port, id, more. */
function slotRange(entry: unknown[], asked: RedisNode): SlotRange {
  const [first, last, owner] = entry;
  const [host, port] = Array.isArray(owner) ? owner : [];
  const node = { host: hostOr(host, asked.host), port: Number(port) };
  return { first: Number(first), last: Number(last), owner: node };
}

function distinct(nodes: readonly RedisNode[]): RedisNode[] {
  return [...new Map(nodes.map((node) => [describeNode(node), node])).values()];
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
