import {
  type HashEntries,
  HashMeter,
  type Source,
  SourceError,
  type SourceEvents,
  UNLIMITED,
} from '../source.js';
import { NO_STREAMS } from '../streams.js';

interface Message {
  channel: string;
  text: string;
}

/**
 * Hashes and channels in this process, for trying out Viaduct and for tests without a Redis. Replicas cannot share
 * the data, and it is lost when the process ends.
 */
export class MemorySource implements Source {
  readonly kind = 'memory';
  readonly streams = NO_STREAMS;
  readonly #hashes = new Map<string, Map<string, string>>();
  readonly #subscribed = new Set<string>();
  #published: Message[] = [];
  /** Resolves when the last published message is delivered. */
  #delivery = Promise.resolve();
  #events: SourceEvents | undefined;
  #closed = false;

  /** From `start` to `close`. */
  get ready(): boolean {
    return this.#events !== undefined && !this.#closed;
  }

  async start(events: SourceEvents): Promise<void> {
    if (this.#events !== undefined || this.#closed) throw new Error('A source can be started only once.');
    this.#events = events;
    setImmediate(() => {
      if (!this.#closed) events.state(true);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#subscribed.clear();
    this.#hashes.clear();
  }

  async hashEntries(key: string, limits = UNLIMITED): Promise<HashEntries> {
    this.#requireReady();
    const hash = this.#hashes.get(key) ?? new Map<string, string>();
    const values = [...hash.values()];
    new HashMeter(limits).add(values);
    return { fields: [...hash.keys()], values };
  }

  async hashField(key: string, field: string): Promise<string | null> {
    this.#requireReady();
    return this.#hashes.get(key)?.get(field) ?? null;
  }

  async subscribe(channel: string): Promise<void> {
    this.#requireReady();
    this.#subscribed.add(channel);
  }

  async unsubscribe(channel: string): Promise<void> {
    this.#subscribed.delete(channel);
    // As in Redis, earlier messages are delivered before the subscription ends.
    await this.#delivery;
  }

  /** Sets a field of a hash, and makes the hash if there is none. */
  hset(key: string, field: string, value: string): void {
    const hash = this.#hashes.get(key);
    if (hash === undefined) this.#hashes.set(key, new Map([[field, value]]));
    else hash.set(field, value);
  }

  /** Removes a field of a hash, and the hash with its last field. Does nothing if there is no such field. */
  hdel(key: string, field: string): void {
    const hash = this.#hashes.get(key);
    if (hash === undefined) return;
    hash.delete(field);
    if (hash.size === 0) this.#hashes.delete(key);
  }

  /**
   * Publishes a message. As with Redis, it is delivered in a later turn of the event loop, in the order of publishing: no
   * listener is called from inside this call.
   *
   * @returns number of subscribers: 1 if the channel is subscribed, else 0
   */
  async publish(channel: string, text: string): Promise<number> {
    this.#requireReady();
    if (!this.#subscribed.has(channel)) return 0;
    this.#published.push({ channel, text });
    if (this.#published.length === 1) this.#delivery = this.#deliverLater();
    return 1;
  }

  async #deliverLater(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));

    const messages = this.#published;
    // Messages that listeners publish in response wait for the next turn, so that they cannot block the event loop.
    this.#published = [];
    for (const { channel, text } of messages) {
      if (!this.#closed) this.#events?.message(channel, text);
    }
  }

  #requireReady(): void {
    if (!this.ready) throw new SourceError('source_unavailable', 'the source in memory is not running');
  }
}
