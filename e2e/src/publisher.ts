import { Redis } from 'ioredis';
import { now } from './time.js';

/** A producer: writes numbered messages to a channel at a steady rate, and records when Redis received each. */
export class Publisher {
  readonly channel: string;
  /** When publishing of each message started, by its number; a missing one never reached Redis. */
  readonly begun = new Map<number, number>();
  readonly #redis: Redis;
  readonly #timer: NodeJS.Timeout;
  #next = 0;

  /** @param rate messages per second */
  constructor(redisUrl: string, channel: string, rate: number) {
    this.channel = channel;
    // Not queued while Redis is unreachable: by then, a producer of live data has newer messages.
    this.#redis = new Redis(redisUrl, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      retryStrategy: () => 100,
    });
    // Each failed message is noticed below.
    this.#redis.on('error', () => undefined);
    this.#timer = setInterval(() => void this.#publish(), 1000 / rate);
  }

  /** Number of the newest message. */
  get newest(): number {
    return this.#next - 1;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#redis.disconnect();
  }

  async #publish(): Promise<void> {
    const number = this.#next;
    this.#next += 1;
    const feature = {
      type: 'Feature',
      geometry: { type: 'Point', coordinates: [8.5, 47.4] },
      properties: { number },
    };
    const begun = now();
    try {
      await this.#redis.publish(this.channel, JSON.stringify(feature));
      this.begun.set(number, begun);
    } catch {
      // Redis is unreachable: clients cannot have missed the message.
    }
  }
}

/** The number in a message of a {@link Publisher}; undefined for any other content. */
export function numberOf(content: unknown): number | undefined {
  const { properties } = (content ?? {}) as { properties?: { number?: unknown } };
  return typeof properties?.number === 'number' ? properties.number : undefined;
}
