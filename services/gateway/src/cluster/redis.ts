import { EventEmitter } from 'node:events';
import { createAdapter } from '@socket.io/redis-adapter';
import { RedisLink, type RedisLinkOptions } from '../sources/redis-link.js';
import { parseRedisUrl } from '../sources/redis-url.js';
import type { SourceLogger } from '../sources/source.js';
import { CLUSTER_CHANNELS } from './channels.js';

/** How long the adapter waits for the answers to a question, in milliseconds. */
const ANSWERS_MS = 1_000;

export interface ClusterRedisOptions {
  /** Of the same Redis as the source's. */
  url: string;
  /** Replicas of one name hear each other. No characters with a meaning in Redis globs. */
  cluster: string;
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
 * through here is questions between replicas and the answers to them. A Redis Cluster would want the package's
 * sharded adapter in place of this one, and nothing else would change.
 *
 * A user with an ACL needs `+@connection +info +ping +publish +subscribe +unsubscribe +pubsub` and the channels
 * `viaduct:cluster:*`.
 */
export class ClusterRedis {
  /** For socket.io's `adapter` option. */
  readonly adapter: ReturnType<typeof createAdapter>;
  readonly #publisher: RedisLink;
  readonly #subscriber: RedisLink;
  readonly #channels: string;

  constructor({ url, cluster, replica, changed, ...options }: ClusterRedisOptions) {
    const link = (name: string, prepare: RedisLinkOptions['prepare']) =>
      new RedisLink({ ...options, address: parseRedisUrl(url), name, prepare, changed });
    const key = CLUSTER_CHANNELS + cluster;
    this.#channels = `${key}-replica#`;
    this.#publisher = link('cluster_publisher', async () => {});
    const incoming = new Incoming([this.#channels + replica]);
    this.#subscriber = link('cluster_subscriber', () =>
      this.#subscriber.run(async (client) => void (await client.subscribe(...incoming.channels))),
    );
    this.#subscriber.onMessage((channel, text) => incoming.receive(channel, text));
    this.adapter = createAdapter(new Outgoing(this.#publisher), incoming, {
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
    const channels = await this.#publisher.run((client) => client.pubsub('CHANNELS', `${this.#channels}*`));
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

/** What the adapter needs of a client to send. It awaits no answer to PUBLISH, so failures must end here. */
class Outgoing extends EventEmitter {
  constructor(private readonly link: RedisLink) {
    super();
  }

  publish(channel: string, message: string): void {
    this.link.run((client) => client.publish(channel, message)).catch(ignore);
  }

  /** PUBSUB NUMSUB, by which the adapter knows how many answers to wait for. */
  send_command(command: string, args: string[], done: (error: unknown, result: unknown) => void): void {
    const result = this.link.run((client) => client.call(command, ...args));
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
