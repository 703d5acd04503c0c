import { EventEmitter } from 'node:events';
import { createAdapter } from '@socket.io/redis-adapter';
import type { Redis } from 'ioredis';
import { REPLICA_CHANNELS } from '../auth/reserved-channels.js';
import { RedisLink, type RedisLinkOptions } from '../sources/redis/link.js';
import { parseRedisUrl, type RedisAccessOptions } from '../sources/redis/url.js';
import type { SourceLogger } from '../sources/source.js';

/** How long the adapter waits for the answers to a question, in milliseconds. */
const ANSWERS_MS = 1_000;

export interface ReplicaRedisOptions {
  /** The same Redis as the source's. */
  url: string;
  access: RedisAccessOptions;
  /** Replicas with the same group know each other. It contains no special characters of Redis globs. */
  group: string;
  /** Name of this replica among the others. */
  name: string;
  commandTimeoutMs: number;
  logger: SourceLogger;
  /** `connected` may have changed. */
  changed(): void;
}

/**
 * The connections through which socket.io's Redis adapter reaches the other replicas: two of its own, so that neither
 * data nor commands wait for it. While Redis is unreachable, the adapter's messages are dropped. The adapter's
 * broadcasts are not subscribed to: every replica receives data from Redis itself. Only questions and answers pass between
 * replicas.
 *
 * On a Redis Cluster, all of that is sharded pub/sub on one node: the channels share a hash tag, so this node knows
 * all subscribers. It is the same adapter, because the package's sharded one waits five seconds for a replica that
 * hangs, and then drops the answers of the others.
 */
export class ReplicaRedis {
  /** For socket.io's `adapter` option. */
  readonly adapter: ReturnType<typeof createAdapter>;
  readonly #publisher: RedisLink;
  readonly #subscriber: RedisLink;
  readonly #channels: string;
  readonly #dialect: Dialect;

  constructor({ url, access, group, name, changed, ...options }: ReplicaRedisOptions) {
    const address = parseRedisUrl(url, access);
    const dialect = address.kind === 'cluster' ? SHARDED : PLAIN;
    this.#dialect = dialect;
    const key = REPLICA_CHANNELS + dialect.tag(group);
    const link = (connection: string, prepare: RedisLinkOptions['prepare']) =>
      new RedisLink({ ...options, address, key, name: connection, prepare, changed });
    this.#channels = `${key}-replica#`;
    this.#publisher = link('replicas_publisher', async () => {});
    const incoming = new Incoming([this.#channels + name]);
    this.#subscriber = link('replicas_subscriber', async () => {
      await this.#subscriber.run((client) => dialect.subscribe(client, incoming.channels));
    });
    this.#subscriber.onMessage((channel, text) => incoming.receive(channel, text));
    this.adapter = createAdapter(new Outgoing(this.#publisher, dialect), incoming, {
      key,
      requestsTimeout: ANSWERS_MS,
    });
  }

  /** Whether other replicas are reachable. */
  get connected(): boolean {
    return this.#publisher.up && this.#subscriber.up;
  }

  /**
   * Names of all replicas that are connected to Redis, including this one, even if they hang.
   *
   * @throws SourceError if Redis does not answer
   */
  async replicas(): Promise<string[]> {
    const channels = await this.#publisher.run((client) =>
      this.#dialect.channels(client, `${this.#channels}*`),
    );
    return channels.map((channel) => String(channel).slice(this.#channels.length));
  }

  open(): void {
    this.#publisher.open();
    this.#subscriber.open();
  }

  async close(): Promise<void> {
    await Promise.all([this.#publisher.close(), this.#subscriber.close()]);
  }
}

/** The commands of plain or of sharded pub/sub. */
interface Dialect {
  /** The name of the group in channel names. */
  tag(group: string): string;
  publish(client: Redis, channel: string, message: string): Promise<unknown>;
  subscribe(client: Redis, channels: string[]): Promise<unknown>;
  channels(client: Redis, pattern: string): Promise<unknown[]>;
  listeners(client: Redis, channel: string): Promise<unknown>;
}

const PLAIN: Dialect = {
  tag: (group) => group,
  publish: (client, channel, message) => client.publish(channel, message),
  subscribe: (client, channels) => client.subscribe(...channels),
  channels: (client, pattern) => client.pubsub('CHANNELS', pattern),
  listeners: (client, channel) => client.pubsub('NUMSUB', channel),
};

const SHARDED: Dialect = {
  // Redis calculates the slot of a channel from the part in braces.
  tag: (group) => `{${group}}`,
  publish: (client, channel, message) => client.spublish(channel, message),
  subscribe: (client, channels) => client.ssubscribe(...channels),
  channels: (client, pattern) => client.pubsub('SHARDCHANNELS', pattern),
  listeners: (client, channel) => client.pubsub('SHARDNUMSUB', channel),
};

/**
 * The part of a client that the adapter sends with. It does not wait for the answer to PUBLISH, so failures must end
 * here.
 */
class Outgoing extends EventEmitter {
  readonly #link: RedisLink;
  readonly #dialect: Dialect;

  constructor(link: RedisLink, dialect: Dialect) {
    super();
    this.#link = link;
    this.#dialect = dialect;
  }

  publish(channel: string, message: string): void {
    this.#link.run((client) => this.#dialect.publish(client, channel, message)).catch(ignore);
  }

  /** PUBSUB NUMSUB of a channel, which tells the adapter how many answers to wait for. */
  send_command(
    _command: string,
    [, channel = '']: string[],
    done: (error: unknown, result: unknown) => void,
  ): void {
    const result = this.#link.run((client) => this.#dialect.listeners(client, channel));
    result.then(
      (value) => done(null, value),
      (error: unknown) => done(error, null),
    );
  }
}

/** The part of a client that the adapter receives with. Its channels are subscribed whenever there is a connection. */
class Incoming extends EventEmitter {
  constructor(readonly channels: string[]) {
    super();
  }

  subscribe(channels: string[]): void {
    this.channels.push(...channels);
  }

  /** Ends with the connection. */
  unsubscribe(): void {}

  /** Broadcasts of data, which nobody sends. */
  psubscribe(): void {}

  punsubscribe(): void {}

  receive(channel: string, text: string): void {
    this.emit('messageBuffer', Buffer.from(channel), Buffer.from(text));
  }
}

function ignore(): void {}
