import { EventEmitter } from 'node:events';
import { createAdapter } from '@socket.io/redis-adapter';
import type { Redis } from 'ioredis';
import { REPLICA_CHANNELS } from '../auth/reserved-channels.js';
import { RedisLink, type RedisLinkOptions } from '../sources/redis/link.js';
import { parseRedisUrl, type RedisCredentials } from '../sources/redis/url.js';
import type { SourceLogger } from '../sources/source.js';

/** How long the adapter waits for the answers to a question, in milliseconds. */
const ANSWERS_MS = 1_000;

export interface ReplicaRedisOptions {
  /** Of the same Redis as the source's. */
  url: string;
  /** Who we are to the Sentinels, where they ask. */
  sentinel: RedisCredentials;
  /** Replicas of one name hear each other. No characters with a meaning in Redis globs. */
  group: string;
  /** Id of this replica. */
  replica: string;
  commandTimeoutMs: number;
  logger: SourceLogger;
  /** `connected` may have changed. */
  changed(): void;
}

/**
 * The connections through which socket.io's Redis adapter reaches the other replicas: two of its own, so that neither
 * data nor commands wait for it. While Redis is away, what the adapter sends is dropped.
 *
 * The adapter's broadcasts are not subscribed to: data comes to every replica from Redis itself, and what goes
 * through here is questions between replicas and the answers to them.
 *
 * On a Redis Cluster all of that is sharded pub/sub on one node: the channels share a hash tag, so that this node can
 * say who listens. It is the same adapter: the package's sharded one gives up on a replica that hangs only after five
 * seconds, and then forgets what the others have answered.
 */
export class ReplicaRedis {
  /** For socket.io's `adapter` option. */
  readonly adapter: ReturnType<typeof createAdapter>;
  readonly #publisher: RedisLink;
  readonly #subscriber: RedisLink;
  readonly #channels: string;
  readonly #dialect: Dialect;

  constructor({ url, sentinel, group, replica, changed, ...options }: ReplicaRedisOptions) {
    const address = parseRedisUrl(url, sentinel);
    const dialect = address.kind === 'cluster' ? SHARDED : PLAIN;
    this.#dialect = dialect;
    const key = REPLICA_CHANNELS + dialect.tag(group);
    const link = (name: string, prepare: RedisLinkOptions['prepare']) =>
      new RedisLink({ ...options, address, key, name, prepare, changed });
    this.#channels = `${key}-replica#`;
    this.#publisher = link('replicas_publisher', async () => {});
    const incoming = new Incoming([this.#channels + replica]);
    this.#subscriber = link('replicas_subscriber', async () => {
      await this.#subscriber.run((client) => dialect.subscribe(client, incoming.channels));
    });
    this.#subscriber.onMessage((channel, text) => incoming.receive(channel, text));
    this.adapter = createAdapter(new Outgoing(this.#publisher, dialect), incoming, {
      key,
      requestsTimeout: ANSWERS_MS,
    });
  }

  /** Whether other replicas can be reached. */
  get connected(): boolean {
    return this.#publisher.up && this.#subscriber.up;
  }

  /**
   * Ids of all replicas that Redis has a connection to, this one among them. One that hangs is there, too.
   *
   * @throws SourceError where Redis does not tell
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
  /** The name of the group of replicas as it stands in channels. */
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
  // Redis takes the slot of a channel from what stands in braces.
  tag: (group) => `{${group}}`,
  publish: (client, channel, message) => client.spublish(channel, message),
  subscribe: (client, channels) => client.ssubscribe(...channels),
  channels: (client, pattern) => client.pubsub('SHARDCHANNELS', pattern),
  listeners: (client, channel) => client.pubsub('SHARDNUMSUB', channel),
};

/** What the adapter needs of a client to send. It awaits no answer to PUBLISH, so failures must end here. */
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

  /** PUBSUB NUMSUB of a channel, by which the adapter knows how many answers to wait for. */
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

/** What the adapter needs of a client to receive. Its channels are subscribed whenever there is a connection. */
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
