import { sleep } from '@viaduct/testkit/wait';
import type { Redis } from 'ioredis';

/** One thing that happened to a feature, as it was published. */
export interface Change {
  /** 1 for the first, then without a gap. */
  n: number;
  id: number;
  removed: boolean;
}

/** Changes that are sent to Redis together. */
const BATCH = 20;

/** So many changes may be on their way to a reader: what a busy machine cannot read must not pile up. */
const MAX_AHEAD = 2000;

/** Features whose number in the hash and on the channel of the same name changes as fast as Redis and
 * the readers take it. */
export class MovingFeatures {
  readonly changes: Change[] = [];
  /** Who reads the changes, by the numbers that they have seen. */
  readonly readers: { readonly live: readonly number[] }[] = [];
  #going = false;
  #ended: Promise<void> = Promise.resolve();
  #seed = 1;

  /** @param count features, with ids from 0 on */
  constructor(
    private readonly redis: Redis,
    readonly key: string,
    private readonly count: number,
  ) {}

  /** Longitude and latitude: always the same for the same feature. */
  static placeOf(id: number): [number, number] {
    return [5 + (id % 20) / 4, 45 + Math.floor(id / 20) / 10];
  }

  /** Writes and publishes until `stop`. */
  start(): void {
    this.#going = true;
    this.#ended = this.#run();
  }

  /** Resolves when the last change was published. */
  async stop(): Promise<void> {
    this.#going = false;
    await this.#ended;
  }

  /** The number of each feature's latest change in Redis. */
  async stored(): Promise<Map<number, number>> {
    const values = await this.redis.hvals(this.key);
    return new Map(
      values.map((text) => {
        const { id, properties } = JSON.parse(text) as { id: number; properties: { n: number } };
        return [id, properties.n];
      }),
    );
  }

  async #run(): Promise<void> {
    // The connection ends with the test, also where that fails.
    while (this.#going && this.redis.status !== 'end') {
      const pipeline = this.redis.pipeline();
      for (let i = 0; i < BATCH; i++) {
        const id = this.#random() % this.count;
        const removed = this.#random() % 5 === 0;
        const n = this.changes.push({ n: this.changes.length + 1, id, removed });
        const geometry = removed ? null : { type: 'Point', coordinates: MovingFeatures.placeOf(id) };
        const text = JSON.stringify({ type: 'Feature', id, properties: { n }, geometry });
        if (removed) pipeline.hdel(this.key, String(id));
        else pipeline.hset(this.key, String(id), text);
        pipeline.publish(this.key, text);
      }
      await pipeline.exec();
      while (this.#going && this.#isFarAhead()) await sleep(1);
    }
  }

  #isFarAhead(): boolean {
    const sent = this.changes.length;
    return this.readers.some(({ live }) => sent - (live.at(-1) ?? sent) > MAX_AHEAD);
  }

  /** A linear congruential generator: the same changes in each run. */
  #random(): number {
    this.#seed = (this.#seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return this.#seed >>> 8;
  }
}
