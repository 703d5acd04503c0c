import { Random, SEED } from '@viaduct/testkit/random';
import { sleep } from '@viaduct/testkit/wait';
import type { Redis } from 'ioredis';

/** One change of a feature, as published. */
export interface Change {
  /** 1 for the first change, then consecutive. */
  n: number;
  id: number;
  removed: boolean;
}

/** Changes that are sent to Redis together. */
const BATCH = 20;

/** The most changes on their way to a reader: on a busy machine, unread ones must not pile up. */
const MAX_AHEAD = 2000;

/** Features whose number in the hash and on the channel of the same name changes as fast as Redis and the readers can
 * keep up. */
export class MovingFeatures {
  readonly #redis: Redis;
  readonly #count: number;
  readonly changes: Change[] = [];
  readonly #readers: { readonly live: readonly number[]; readonly joinedAt: number }[] = [];
  #going = false;
  #ended: Promise<void> = Promise.resolve();
  readonly #random = new Random(SEED);

  /** @param count features, with ids from 0 on */
  constructor(
    redis: Redis,
    readonly key: string,
    count: number,
  ) {
    this.#redis = redis;
    this.#count = count;
  }

  /** Longitude and latitude, which a feature never changes. */
  static placeOf(id: number): [number, number] {
    return [5 + (id % 20) / 4, 45 + Math.floor(id / 20) / 10];
  }

  /**
   * From now on, waits for a reader before each further change: even while it receives its first state, when the gateway
   * keeps changes for it and none has reached it yet.
   *
   * @param reader returns the numbers of the changes that it has seen
   */
  waitFor(reader: { readonly live: readonly number[] }): void {
    this.#readers.push({ live: reader.live, joinedAt: this.changes.length });
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
    const values = await this.#redis.hvals(this.key);
    return new Map(
      values.map((text) => {
        const { id, properties } = JSON.parse(text) as { id: number; properties: { n: number } };
        return [id, properties.n];
      }),
    );
  }

  /** Runs until `stop`, or until its connection ends with a failed test. */
  get #goesOn(): boolean {
    return this.#going && this.#redis.status !== 'end';
  }

  async #run(): Promise<void> {
    while (this.#goesOn) {
      const pipeline = this.#redis.pipeline();
      for (let i = 0; i < BATCH; i++) {
        const id = this.#random.below(this.#count);
        const removed = this.#random.chance(0.2);
        const n = this.changes.push({ n: this.changes.length + 1, id, removed });
        const geometry = removed ? null : { type: 'Point', coordinates: MovingFeatures.placeOf(id) };
        const text = JSON.stringify({ type: 'Feature', id, properties: { n }, geometry });
        if (removed) pipeline.hdel(this.key, String(id));
        else pipeline.hset(this.key, String(id), text);
        pipeline.publish(this.key, text);
      }
      await pipeline.exec();
      while (this.#goesOn && this.#isFarAhead()) await sleep(1);
    }
  }

  #isFarAhead(): boolean {
    const sent = this.changes.length;
    return this.#readers.some(({ live, joinedAt }) => sent - (live.at(-1) ?? joinedAt) > MAX_AHEAD);
  }
}
