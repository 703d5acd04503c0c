import { SourceError } from '../source.js';
import { ClusterMap, type ClusterView } from './cluster-map.js';
import { isDenied, replyCode, unavailable } from './errors.js';
import { KeptChannels } from './kept-channels.js';
import { RedisLink } from './link.js';
import { MasterLinks } from './master-links.js';
import { backOffMs } from './options.js';
import { fixedPlace } from './place.js';
import type { Subscriber, SubscriberOptions } from './subscriber.js';
import type { ClusterAddress, RedisNode } from './url.js';

/** A shard's master and the channels subscribed there. */
interface Shard {
  link: RedisLink;
  confirmed: Set<string>;
}

export interface ShardSubscriberOptions extends SubscriberOptions {
  address: ClusterAddress;
}

/**
 * Sharded subscriptions in a Redis Cluster: a connection to each master, and each channel subscribed at the master of
 * its slot. After any change (a master is lost, another takes over, a slot moves), the one remedy is to settle: read the
 * map of slots, and subscribe every unconfirmed channel at its master, until all are confirmed.
 */
export class ShardSubscriber implements Subscriber {
  readonly #options: ShardSubscriberOptions;
  readonly #map: ClusterMap;
  readonly #shards: MasterLinks<Shard>;
  readonly #subscribed = new KeptChannels({
    subscribe: (channel) =>
      this.#listen(channel).catch((error: unknown) => this.#listenElsewhere(channel, error)),
    unsubscribe: (channel) => this.#release(channel),
  });
  #view: ClusterView | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #attempts = 0;
  #settling = false;
  /** Whether something changed during the settling. */
  #again = false;
  #settled = false;
  #closed = false;

  constructor(options: ShardSubscriberOptions) {
    this.#options = options;
    this.#map = new ClusterMap(options.address, options.commandTimeoutMs);
    this.#shards = new MasterLinks(
      (master) => this.#connect(master),
      (shard) => this.#forget(shard),
    );
  }

  /** Whether at least one master is connected. */
  get up(): boolean {
    const { all, haveTried } = this.#shards;
    return haveTried && all.some(({ link }) => link.up);
  }

  get whole(): boolean {
    return this.#settled && this.#shards.all.every(({ link }) => link.up);
  }

  get size(): number {
    return this.#subscribed.size;
  }

  open(): void {
    void this.#settle();
    this.#heartbeat = setInterval(() => void this.#settle(), this.#options.commandTimeoutMs);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#settled = false;
    clearInterval(this.#heartbeat);
    clearTimeout(this.#retry);
    this.#subscribed.clear();
    await this.#shards.close();
  }

  subscribe(channel: string): Promise<void> {
    return this.#subscribed.subscribe(channel);
  }

  unsubscribe(channel: string): Promise<void> {
    return this.#subscribed.unsubscribe(channel);
  }

  async #listen(channel: string): Promise<void> {
    const shard = this.#shardOf(channel);
    if (shard === undefined) throw unavailable('cannot be reached at the moment');
    await shard.link.tried();
    await shard.link.run((client) => client.ssubscribe(channel));
    shard.confirmed.add(channel);
  }

  /** If the slot has moved, that is not a failure: the channel is subscribed at the node that now has it. */
  async #listenElsewhere(channel: string, error: unknown): Promise<void> {
    if (!(error instanceof SourceError) || replyCode(error.cause) !== 'MOVED') throw error;
    this.#view = await this.#map.view().catch(() => {
      throw error;
    });
    await this.#listen(channel);
  }

  async #release(channel: string): Promise<void> {
    const owner = this.#shardOf(channel);
    const holding = this.#shards.all.filter((shard) => shard === owner || shard.confirmed.has(channel));
    await Promise.all(
      holding.map(async ({ link, confirmed }) => {
        confirmed.delete(channel);
        await link.run((client) => client.sunsubscribe(channel));
      }),
    );
  }

  #shardOf(channel: string): Shard | undefined {
    return this.#shards.to(this.#view?.ownerOf(channel));
  }

  /** Settles after a change: now, or once more after the settling in progress. */
  async #settle(): Promise<void> {
    if (this.#closed) return;
    if (this.#settling) {
      this.#again = true;
      return;
    }
    this.#settling = true;
    clearTimeout(this.#retry);
    const settled = await this.#tryToSettle();
    this.#settling = false;
    if (this.#closed) return;
    const again = this.#again;
    this.#again = false;
    this.#set(settled && !again);
    if (!settled) this.#retry = setTimeout(() => void this.#settle(), backOffMs(this.#attempts++));
    else this.#attempts = 0;
    if (settled && again) await this.#settle();
  }

  /** Returns whether there is a connection to every master, and every channel is confirmed at its own. */
  async #tryToSettle(): Promise<boolean> {
    try {
      this.#view = await this.#map.view();
      if (this.#closed) return false;
      this.#shards.match(this.#view.masters);
      const missing = [...this.#subscribed].filter((channel) => !this.#isConfirmed(channel));
      if (missing.length > 0) this.#set(false);
      await Promise.all(missing.map((channel) => this.#restore(channel)));
      const connected = this.#shards.all.every(({ link }) => link.up);
      return connected && [...this.#subscribed].every((channel) => this.#isConfirmed(channel));
    } catch {
      // No node returns the map of slots. Existing subscriptions stay; the links report lost ones.
      return this.#settled;
    }
  }

  async #restore(channel: string): Promise<void> {
    // If it was confirmed at another master before, messages may have been missed since.
    for (const { confirmed } of this.#shards.all) {
      if (confirmed.delete(channel)) this.#options.missed();
    }
    await this.#listen(channel).catch((error: unknown) => {
      if (isDenied(error) && this.#subscribed.delete(channel)) this.#options.denied([channel], error);
    });
    // Its last client has left meanwhile.
    if (!this.#subscribed.has(channel)) await this.#release(channel).catch(() => {});
  }

  #isConfirmed(channel: string): boolean {
    return this.#shardOf(channel)?.confirmed.has(channel) === true;
  }

  #connect(master: RedisNode): Shard {
    const { message, changed: _changed, missed: _missed, denied: _denied, ...options } = this.#options;
    const link = new RedisLink({
      ...options,
      name: 'subscriber',
      place: fixedPlace(master),
      prepare: async () => {},
      changed: () => this.#linkChanged(shard),
      moved: () => this.#slotMoved(shard),
    });
    const shard: Shard = { link, confirmed: new Set() };
    link.onMessage(message);
    return shard;
  }

  #linkChanged(shard: Shard): void {
    if (!shard.link.up) this.#forget(shard);
    this.#unsettle();
  }

  /** Redis does not name the channel, so all channels of the node are confirmed again. */
  #slotMoved(shard: Shard): void {
    this.#forget(shard);
    this.#unsettle();
  }

  #forget({ confirmed }: Shard): void {
    if (confirmed.size > 0) this.#options.missed();
    confirmed.clear();
  }

  #unsettle(): void {
    this.#set(false);
    void this.#settle();
  }

  #set(settled: boolean): void {
    this.#settled = settled;
    if (!this.#closed) this.#options.changed();
  }
}
