import type { MemorySource } from '@viaduct/gateway';
import type { Redis } from 'ioredis';

/** The destination of a feed. Writes are executed in order, at the latest with `flush`. */
export interface Sink {
  /** Sets a field of a hash. */
  hset(key: string, field: string, value: string): void;
  /** Removes a field of a hash. */
  hdel(key: string, field: string): void;
  publish(channel: string, message: string): void;
  /** Resolves when everything written so far has been executed. */
  flush(): Promise<void>;
}

/** Writes to a Redis, with one round trip for everything between two flushes. */
export class RedisSink implements Sink {
  readonly #redis: Redis;
  #pipeline: ReturnType<Redis['pipeline']>;

  constructor(redis: Redis) {
    this.#redis = redis;
    this.#pipeline = redis.pipeline();
  }

  hset(key: string, field: string, value: string): void {
    this.#pipeline.hset(key, field, value);
  }

  hdel(key: string, field: string): void {
    this.#pipeline.hdel(key, field);
  }

  publish(channel: string, message: string): void {
    this.#pipeline.publish(channel, message);
  }

  /** @throws Error if Redis refused a command or is unreachable */
  async flush(): Promise<void> {
    const pipeline = this.#pipeline;
    this.#pipeline = this.#redis.pipeline();
    const results = await pipeline.exec();
    const failed = results?.find(([error]) => error !== null)?.[0];
    if (failed) throw failed;
  }
}

/** Writes to the gateway's own memory. */
export class MemorySink implements Sink {
  readonly #source: MemorySource;

  constructor(source: MemorySource) {
    this.#source = source;
  }

  hset(key: string, field: string, value: string): void {
    this.#source.hset(key, field, value);
  }

  hdel(key: string, field: string): void {
    this.#source.hdel(key, field);
  }

  publish(channel: string, message: string): void {
    // After the end of the source there is no listener.
    this.#source.publish(channel, message).catch(() => {});
  }

  async flush(): Promise<void> {
    // Writes are executed immediately.
  }
}
