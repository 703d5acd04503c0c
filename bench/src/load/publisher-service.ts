import type { Shape } from './message.js';
import { Publisher, type PublishPlan, type PublishResult } from './publisher.js';

/** A publisher, as the controlling process uses it. */
export class PublisherService {
  #publisher: Publisher | null = null;

  /** Connects to the Redis on this port of 127.0.0.1. */
  async open(redisPort: number): Promise<void> {
    this.#publisher = await Publisher.open(redisPort);
  }

  publish(plan: PublishPlan): Promise<PublishResult> {
    return this.#opened.publish(plan);
  }

  fillHash({ key, count, shape }: { key: string; count: number; shape: Shape }): Promise<void> {
    return this.#opened.fillHash(key, count, shape);
  }

  get #opened(): Publisher {
    if (this.#publisher === null) throw new Error('open() comes first');
    return this.#publisher;
  }
}
