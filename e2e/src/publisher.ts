import { Redis } from 'ioredis';
import { now } from './time.js';

/** A producer: writes numbered messages to a channel at a steady rate, and remembers when Redis took each. */
export class Publisher {
  readonly channel: string;
  /** When the publishing of each message began, by its number; one that is missing was never taken by Redis. */
  readonly begun = new Map<number, number>();
  readonly #redis: Redis;
  readonly #timer: NodeJS.Timeout;
  #next = 0;

  /** @param rate messages a second */
  constructor(redisUrl: string, channel: string, rate: number) {
    this.channel = channel;
    // Not queued while Redis is away: a producer of live data has newer things to say by then.
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
      // Redis is away: the message was never there to be missed.
    }
  }
}

/** The number in a message of a {@link Publisher}; undefined for any other content. */
export function numberOf(content: unknown): number | undefined {
  const { properties } = (content ?? {}) as { properties?: { number?: unknown } };
  return typeof properties?.number === 'number' ? properties.number : undefined;
}
