import { readHashValues } from './redis-hash.js';
import { RedisLink } from './redis-link.js';
import { describeAddress, parseRedisUrl, type RedisAddress } from './redis-url.js';
import type { HashLimits, Source, SourceEvents, SourceLogger } from './source.js';
import { NO_STREAMS } from './streams.js';

/** Most channels in one SUBSCRIBE after a reconnection. */
const RESUBSCRIBE_BATCH = 1_000;

export const DEFAULT_COMMAND_TIMEOUT_MS = 5_000;

export interface RedisSourceOptions {
  /** `redis://` or, with TLS, `rediss://[[user]:password@]host[:port][/database]` */
  url: string;
  logger: SourceLogger;
  /** Longest wait for the answer to one command, in milliseconds; 5000 by default. */
  commandTimeoutMs?: number;
}

/**
 * A Redis or Valkey server, over one connection for commands and one for subscriptions. A user with an ACL needs
 * `+@connection +info +ping +hlen +hvals +hscan +hget +subscribe +unsubscribe`, the keys and the channels.
 */
export class RedisSource implements Source {
  readonly kind = 'redis';
  readonly streams = NO_STREAMS;
  readonly #address: RedisAddress;
  readonly #logger: SourceLogger;
  readonly #commands: RedisLink;
  readonly #subscriber: RedisLink;
  /** Channels whose subscription was confirmed and not ended: those to be restored after a reconnection. */
  readonly #subscribed = new Set<string>();
  /** By channel, the end of its latest subscribe or unsubscribe; only while there is one under way. */
  readonly #underWay = new Map<string, Promise<void>>();
  #events: SourceEvents | undefined;
  #ready = false;
  /** Subscriptions were lost, and the listener has not been told yet that they are back. */
  #missed = false;
  #closed = false;

  /** @throws Error with the remedy where the URL is not a Redis URL */
  constructor({ url, logger, commandTimeoutMs = DEFAULT_COMMAND_TIMEOUT_MS }: RedisSourceOptions) {
    const address = parseRedisUrl(url);
    this.#address = address;
    this.#logger = logger;
    const common = { address, logger, commandTimeoutMs };
    this.#commands = new RedisLink({
      ...common,
      name: 'commands',
      prepare: () => this.#selectDatabase(),
      changed: () => this.#linkChanged(),
    });
    this.#subscriber = new RedisLink({
      ...common,
      name: 'subscriber',
      prepare: () => this.#resubscribe(),
      changed: () => this.#subscriberChanged(),
    });
  }

  get ready(): boolean {
    return this.#ready;
  }

  async start(events: SourceEvents): Promise<void> {
    if (this.#events !== undefined || this.#closed) throw new Error('A source can be started only once.');
    this.#events = events;
    this.#subscriber.onMessage((channel, text) => events.message(channel, text));
    this.#commands.open();
    this.#subscriber.open();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#ready = false;
    this.#subscribed.clear();
    await Promise.all([this.#commands.close(), this.#subscriber.close()]);
  }

  hashValues(key: string, limits?: HashLimits): Promise<string[]> {
    return this.#commands.run((client) => readHashValues(client, key, limits));
  }

  hashField(key: string, field: string): Promise<string | null> {
    return this.#commands.run((client) => client.hget(key, field));
  }

  subscribe(channel: string): Promise<void> {
    return this.#inOrder(channel, async () => {
      try {
        await this.#subscriber.run((client) => client.subscribe(channel));
        this.#subscribed.add(channel);
      } catch (error) {
        // A Redis that hangs may still carry the command out later.
        if (!this.#subscribed.has(channel)) this.#release(channel).catch(() => {});
        throw error;
      }
    });
  }

  unsubscribe(channel: string): Promise<void> {
    return this.#inOrder(channel, async () => {
      this.#subscribed.delete(channel);
      // A connection that fails takes its subscriptions with it, and one that hangs gets to it later.
      await this.#release(channel).catch(() => {});
    });
  }

  async #release(channel: string): Promise<void> {
    await this.#subscriber.run((client) => client.unsubscribe(channel));
  }

  /** Runs `action` after those of the same channel that were asked for before. */
  async #inOrder(channel: string, action: () => Promise<void>): Promise<void> {
    const turn = (this.#underWay.get(channel) ?? Promise.resolve()).then(action);
    const end = turn.catch(() => {});
    this.#underWay.set(channel, end);
    await end;
    if (this.#underWay.get(channel) === end) this.#underWay.delete(channel);
    return turn;
  }

  /** A database that does not exist would otherwise go unnoticed: the connection stays, in database 0. */
  async #selectDatabase(): Promise<void> {
    const { db } = this.#address;
    if (db !== 0) await this.#commands.run((client) => client.select(db));
  }

  async #resubscribe(): Promise<void> {
    const channels = [...this.#subscribed];
    const batches: Promise<unknown>[] = [];
    // All are sent before the first is awaited, so that an unsubscribe cannot overtake them.
    for (let start = 0; start < channels.length; start += RESUBSCRIBE_BATCH) {
      const batch = channels.slice(start, start + RESUBSCRIBE_BATCH);
      batches.push(this.#subscriber.run((client) => client.subscribe(...batch)));
    }
    await Promise.all(batches);
  }

  #subscriberChanged(): void {
    if (!this.#subscriber.up && this.#subscribed.size > 0) this.#missed = true;
    this.#linkChanged();
  }

  #linkChanged(): void {
    if (this.#closed) return;
    const ready = this.#commands.up && this.#subscriber.up;
    if (ready === this.#ready) return;
    this.#ready = ready;
    this.#log(ready);
    if (ready && this.#missed) {
      this.#missed = false;
      this.#events?.resumed();
    }
    this.#events?.state(ready);
  }

  #log(ready: boolean): void {
    const fields = { redis: describeAddress(this.#address), subscriptions: this.#subscribed.size };
    if (ready) this.#logger.info(fields, 'Redis is ready.');
    else this.#logger.warn(fields, 'Redis is away. Trying to reach it again.');
  }
}
