import { type LocalRedis, startLocalRedis } from '@viaduct/testkit/redis';
import { type CorePlan, movePinned } from './cores.js';
import type { Sizes } from './sizes.js';

export interface BenchContextOptions {
  cores: CorePlan;
  sizes: Sizes;
  /** The gateway's main file. */
  gateway: string;
  /** Prints lines about the progress. */
  log: (line: string) => void;
}

/** What all scenarios of a run share: a Redis, the cores, the sizes, and the numbering of messages. */
export class BenchContext {
  #nextMessage = 0;

  private constructor(
    readonly options: BenchContextOptions,
    readonly redis: LocalRedis,
  ) {}

  /** Starts the Redis. */
  static async open(options: BenchContextOptions): Promise<BenchContext> {
    const redis = await startLocalRedis();
    movePinned(redis.pid, options.cores.rest);
    movePinned(process.pid, options.cores.rest);
    return new BenchContext(options, redis);
  }

  get sizes(): Sizes {
    return this.options.sizes;
  }

  get cores(): CorePlan {
    return this.options.cores;
  }

  log(line: string): void {
    this.options.log(line);
  }

  /** Number of the next message: all messages of a run have different numbers. */
  get nextMessage(): number {
    return this.#nextMessage;
  }

  used(messages: number): void {
    this.#nextMessage += messages;
  }

  async close(): Promise<void> {
    await this.redis.stop();
  }
}
