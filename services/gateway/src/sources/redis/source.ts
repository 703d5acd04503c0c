import {
  type HashEntries,
  type HashLimits,
  type Source,
  type SourceConnection,
  SourceError,
  type SourceEvents,
  type SourceLogger,
} from '../source.js';
import { NO_STREAMS } from '../streams.js';
import { ClusterCommands } from './cluster-commands.js';
import { readHash } from './hash.js';
import { RedisLink } from './link.js';
import type { LinkCommands } from './portions.js';
import { RoleWatch } from './role-watch.js';
import { ShardSubscriber } from './shard-subscriber.js';
import { SingleSubscriber, type Subscriber, type SubscriberOptions } from './subscriber.js';
import { textOf } from './text.js';
import { describeAddress, parseRedisUrl, type RedisAccessOptions, type RedisAddress } from './url.js';

export const DEFAULT_COMMAND_TIMEOUT_MS = 5_000;

const TOO_SLOW =
  'Redis ended a subscription in the middle of a message, as it does with slow subscribers, and messages were lost; ' +
  'give this gateway fewer channels or more CPU, or Redis a higher client-output-buffer-limit for pubsub';

/** The most channels that one log line names. */
const MAX_NAMED = 20;

const DENIED =
  'Redis denies channels that were subscribed, so their subscriptions have ended; ' +
  'grant the channels to the user with ACL SETUSER, then clients can subscribe again';

const REPLICA =
  'Redis is a replica, so it forwards no messages; the operator can name its master in REDIS_URL';

/** The command that publishers use: `plain` for PUBLISH, `sharded` for SPUBLISH. */
export type PubSub = 'plain' | 'sharded';

export interface RedisSourceOptions {
  /**
   * `redis://[[user]:password@]host[:port][/database]`, `redis+sentinel://` with several hosts and the master's name,
   * or `redis+cluster://` with several hosts; each with `rediss` for TLS.
   */
  url: string;
  access?: RedisAccessOptions;
  /** `plain` by default. */
  pubSub?: PubSub;
  logger: SourceLogger;
  /** Longest wait for the answer to one command, in milliseconds; 5000 by default. */
  commandTimeoutMs?: number;
}

/** Commands to Redis, whichever server answers. */
interface Commands {
  /** Whether some commands can succeed. */
  readonly serves: boolean;
  /** Whether all of them can: in a Redis Cluster, every master answers. */
  readonly whole: boolean;
  open(): void;
  close(): Promise<void>;
  /** @param key of the commands; without it, any server will do */
  run<T>(commands: LinkCommands<T>, key?: string): Promise<T>;
  /** Whether commands go to the right server; absent if each command finds its server by itself. */
  inPlace?(): Promise<boolean>;
}

/**
 * Redis or Valkey: one server, the master that Sentinels watch, or a Redis Cluster. Commands and subscriptions have
 * separate connections. docs/operations.md names the rights that a user with an ACL needs.
 */
export class RedisSource implements Source {
  readonly kind = 'redis';
  readonly streams = NO_STREAMS;
  readonly #address: RedisAddress;
  readonly #logger: SourceLogger;
  readonly #commands: Commands;
  readonly #subscriber: Subscriber;
  readonly #pubSub: PubSub;
  readonly #role = new RoleWatch();
  /** For each channel, the end of its latest subscribe or unsubscribe; only while one is pending. */
  readonly #underWay = new Map<string, Promise<void>>();
  #events: SourceEvents | undefined;
  #ready = false;
  /** Whether every server is connected and every subscription is in place. */
  #whole = false;
  /** Whether subscriptions were lost, and the listener does not yet know that they are back. */
  #missed = false;
  #closed = false;

  /** @throws Error with the remedy if the URL is not a Redis URL */
  constructor({ url, access, pubSub = 'plain', logger, ...options }: RedisSourceOptions) {
    const address = parseRedisUrl(url, access);
    const { commandTimeoutMs = DEFAULT_COMMAND_TIMEOUT_MS } = options;
    this.#address = address;
    this.#pubSub = pubSub;
    this.#logger = logger;
    const common = { address, logger, commandTimeoutMs, changed: () => this.#linkChanged() };
    this.#commands =
      address.kind === 'cluster'
        ? new ClusterCommands({
            ...common,
            ...this.#timing('commands'),
            address,
            name: 'commands',
            replaced: () => this.#replaced(),
          })
        : this.#commandLink({ ...common, ...this.#timing('commands') });
    const subscriber: SubscriberOptions = {
      ...common,
      ...this.#timing('subscriber'),
      message: (channel, text) => this.#events?.message(channel, text),
      missed: () => {
        this.#missed = true;
      },
      denied: (channels, error) => this.#denied(channels, error),
      cutShort: () => void this.#cutShort(),
    };
    this.#subscriber =
      address.kind === 'cluster' && pubSub === 'sharded'
        ? new ShardSubscriber({ ...subscriber, address })
        : new SingleSubscriber(subscriber, pubSub === 'sharded');
  }

  get ready(): boolean {
    return this.#ready;
  }

  async start(events: SourceEvents): Promise<void> {
    if (this.#events !== undefined || this.#closed) throw new Error('A source can be started only once.');
    this.#events = events;
    this.#commands.open();
    this.#subscriber.open();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#ready = false;
    await Promise.all([this.#commands.close(), this.#subscriber.close()]);
  }

  hashEntries(key: string, limits?: HashLimits): Promise<HashEntries> {
    return this.#commands.run((client, readPortion) => readHash(client, readPortion, key, limits), key);
  }

  hashField(key: string, field: string): Promise<string | null> {
    return this.#commands.run(async (client) => {
      const value = await client.hgetBuffer(key, field);
      return value === null ? null : textOf(value);
    }, key);
  }

  /** The channel of keyspace notifications: https://redis.io/docs/latest/develop/pubsub/keyspace-notifications/ */
  changesOf(key: string): string | null {
    if (this.#address.kind === 'cluster' || this.#pubSub === 'sharded') return null;
    return `__keyspace@${this.#address.db}__:${key}`;
  }

  isChanges(channel: string): boolean {
    return /^__keyspace@\d+__:/u.test(channel);
  }

  publish(channel: string, text: string): Promise<unknown> {
    // In a Redis Cluster, any node forwards plain messages; always the same one, so that they keep their order.
    return this.#commands.run(async (client) => {
      if (this.#address.kind !== 'cluster' && (await this.#role.isReplica(client)))
        throw new SourceError('not_allowed', REPLICA);
      return this.#pubSub === 'sharded' ? client.spublish(channel, text) : client.publish(channel, text);
    }, channel);
  }

  subscribe(channel: string): Promise<void> {
    return this.#inOrder(channel, () => this.#subscriber.subscribe(channel));
  }

  unsubscribe(channel: string): Promise<void> {
    return this.#inOrder(channel, () => this.#subscriber.unsubscribe(channel));
  }

  /** Runs `action` after earlier actions of the same channel. */
  async #inOrder(channel: string, action: () => Promise<void>): Promise<void> {
    const turn = (this.#underWay.get(channel) ?? Promise.resolve()).then(action);
    const end = turn.catch(() => {});
    this.#underWay.set(channel, end);
    await end;
    if (this.#underWay.get(channel) === end) this.#underWay.delete(channel);
    return turn;
  }

  #commandLink(
    options: Pick<SubscriberOptions, 'address' | 'logger' | 'commandTimeoutMs' | 'changed' | 'answered'>,
  ): RedisLink {
    const { db } = options.address;
    const link: RedisLink = new RedisLink({
      ...options,
      name: 'commands',
      // Otherwise a database that does not exist would go unnoticed: the connection stays, in database 0.
      prepare: async () => {
        if (db !== 0) await link.run((client) => client.select(db));
      },
    });
    return link;
  }

  #timing(connection: SourceConnection): Pick<SubscriberOptions, 'answered'> {
    return { answered: (ms) => this.#events?.roundTrip(connection, ms) };
  }

  #denied(channels: readonly string[], error: unknown): void {
    if (this.#closed) return;
    const reason = error instanceof Error ? String(error.cause ?? error) : String(error);
    const fields = { redis: describeAddress(this.#address), channels: channels.slice(0, MAX_NAMED) };
    this.#logger.error({ ...fields, count: channels.length, error: reason }, DENIED);
    for (const channel of channels) this.#events?.denied(channel);
  }

  /** No subscription may be lost, but what was read from a master may be another state now. */
  #replaced(): void {
    if (this.#closed || this.#subscriber.size === 0) return;
    this.#missed = true;
    this.#set(this.#ready, false);
  }

  /** If Redis still answers, it did not stop: it ended only our connection. */
  async #cutShort(): Promise<void> {
    try {
      await this.#commands.run((client) => client.ping());
    } catch {
      return;
    }
    if (this.#closed) return;
    const fields = { redis: describeAddress(this.#address), subscriptions: this.#subscriber.size };
    this.#logger.warn(fields, TOO_SLOW);
    this.#events?.tooSlow();
  }

  #linkChanged(): void {
    if (this.#closed) return;
    const { ready, whole } = this.#condition();
    const isBetter = (ready && !this.#ready) || (whole && !this.#whole);
    if (isBetter && this.#missed) void this.#resume();
    else this.#set(ready, whole);
  }

  #condition(): { ready: boolean; whole: boolean } {
    const ready = this.#commands.serves && this.#subscriber.up;
    return { ready, whole: ready && this.#commands.whole && this.#subscriber.whole };
  }

  /**
   * The connection for commands may not yet know why subscriptions moved. A state that is read after the gap must not come
   * from a replaced master.
   */
  async #resume(): Promise<void> {
    // If it is not in place, it moves, and the end of the move is the next change.
    if (!((await this.#commands.inPlace?.()) ?? true)) return;
    const { ready, whole } = this.#condition();
    if (this.#closed || !ready || (ready === this.#ready && whole === this.#whole)) return;
    // While a part is unreachable, its messages are missed.
    this.#missed = !whole;
    this.#set(ready, whole, () => this.#events?.resumed());
  }

  #set(ready: boolean, whole: boolean, before = (): void => {}): void {
    const [wasReady, wasWhole] = [this.#ready, this.#whole];
    if (ready === wasReady && whole === wasWhole) return;
    this.#ready = ready;
    this.#whole = whole;
    this.#log();
    before();
    if (ready !== wasReady) this.#events?.state(ready);
  }

  #log(): void {
    const fields = { redis: describeAddress(this.#address), subscriptions: this.#subscriber.size };
    if (this.#whole) this.#logger.info(fields, 'Redis is ready');
    else if (this.#ready)
      this.#logger.warn(
        fields,
        'lost connection to a part of Redis; the rest serves; trying to reach it again',
      );
    else this.#logger.warn(fields, 'lost connection to Redis; trying to reach it again');
  }
}
