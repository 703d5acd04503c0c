import type { SourceLogger } from '../source.js';
import { isDenied } from './errors.js';
import { KeptChannels } from './kept-channels.js';
import { RedisLink } from './link.js';
import type { RedisAddress } from './url.js';

/** The most channels in one SUBSCRIBE after a reconnection. */
const RESUBSCRIBE_BATCH = 1_000;

/** The connections on which messages of channels arrive. */
export interface Subscriber {
  /** Whether messages can arrive: in a Redis Cluster, perhaps from some of its nodes only. */
  readonly up: boolean;
  /** Whether every subscription is in place. */
  readonly whole: boolean;
  /** Number of subscribed channels. */
  readonly size: number;
  /** Begins to connect, and keeps trying until `close`. */
  open(): void;
  close(): Promise<void>;
  /** See `Source.subscribe`; calls for one channel must not overlap. */
  subscribe(channel: string): Promise<void>;
  /** See `Source.unsubscribe`; calls for one channel must not overlap. */
  unsubscribe(channel: string): Promise<void>;
}

export interface SubscriberOptions {
  address: RedisAddress;
  commandTimeoutMs: number;
  logger: SourceLogger;
  message(channel: string, text: string): void;
  /** `up` or `whole` may have changed. */
  changed(): void;
  /** Subscriptions were lost; they will be restored. */
  missed(): void;
  /** Redis denies channels that were subscribed, and their subscriptions have ended. */
  denied(channels: readonly string[], error: unknown): void;
  /** Redis closed a connection in the middle of a message. */
  cutShort(): void;
  /** Redis answered a PING after this time, in milliseconds. */
  answered(ms: number): void;
}

/**
 * All subscriptions on one connection: to the server, to the master of the Sentinels, or to any node of a Redis Cluster,
 * which forwards plain messages to all its nodes.
 */
export class SingleSubscriber implements Subscriber {
  readonly #link: RedisLink;
  readonly #missed: () => void;
  readonly #denied: SubscriberOptions['denied'];
  readonly #sharded: boolean;
  /** They are restored after a reconnection. */
  readonly #subscribed = new KeptChannels({
    subscribe: (channel) => this.#listen([channel]),
    unsubscribe: (channel) => this.#release(channel),
  });

  /** @param sharded whether publishers use SPUBLISH instead of PUBLISH; not for a Redis Cluster */
  constructor({ message, changed, missed, denied, ...options }: SubscriberOptions, sharded: boolean) {
    this.#sharded = sharded;
    this.#missed = missed;
    this.#denied = denied;
    this.#link = new RedisLink({
      ...options,
      name: 'subscriber',
      prepare: () => this.#resubscribe(),
      changed: () => {
        if (!this.#link.up && this.#subscribed.size > 0) this.#missed();
        changed();
      },
    });
    this.#link.onMessage(message);
  }

  get up(): boolean {
    return this.#link.up;
  }

  get whole(): boolean {
    return this.up;
  }

  get size(): number {
    return this.#subscribed.size;
  }

  open(): void {
    this.#link.open();
  }

  async close(): Promise<void> {
    this.#subscribed.clear();
    await this.#link.close();
  }

  subscribe(channel: string): Promise<void> {
    return this.#subscribed.subscribe(channel);
  }

  unsubscribe(channel: string): Promise<void> {
    return this.#subscribed.unsubscribe(channel);
  }

  async #resubscribe(): Promise<void> {
    const channels = [...this.#subscribed];
    const batches: Promise<unknown>[] = [];
    // All are sent before the first is awaited, so that an unsubscribe cannot overtake them.
    for (let start = 0; start < channels.length; start += RESUBSCRIBE_BATCH) {
      batches.push(this.#restore(channels.slice(start, start + RESUBSCRIBE_BATCH)));
    }
    await Promise.all(batches);
  }

  /** Redis refuses a whole SUBSCRIBE if it denies one of its channels; then each channel is subscribed separately. */
  async #restore(channels: readonly string[]): Promise<void> {
    try {
      await this.#listen(channels);
    } catch (error) {
      if (!isDenied(error)) throw error;
      await this.#restoreEach(channels.filter((channel) => this.#subscribed.has(channel)));
    }
  }

  async #restoreEach(channels: readonly string[]): Promise<void> {
    const denied: string[] = [];
    let reason: unknown;
    await Promise.all(
      channels.map(async (channel) => {
        try {
          await this.#listen([channel]);
        } catch (error) {
          if (!isDenied(error)) throw error;
          reason = error;
          if (this.#subscribed.delete(channel)) denied.push(channel);
        }
      }),
    );
    if (denied.length > 0) this.#denied(denied, reason);
  }

  async #listen(channels: readonly string[]): Promise<void> {
    await this.#link.run((client) =>
      this.#sharded ? client.ssubscribe(...channels) : client.subscribe(...channels),
    );
  }

  async #release(channel: string): Promise<void> {
    await this.#link.run((client) =>
      this.#sharded ? client.sunsubscribe(channel) : client.unsubscribe(channel),
    );
  }
}
