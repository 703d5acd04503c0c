import type { Redis } from 'ioredis';

/** Features that move. */
const FEATURES = 500;

/** Updates per round, and milliseconds between rounds. */
const PER_ROUND = 20;
const ROUND_MS = 50;

/** The channel, and the hash with the current state. */
export const TRAFFIC = 'traffic';

/** Moves features in Redis: state in the hash, changes on the channel of the same name. */
export class Producer {
  readonly #redis: Redis;
  #round = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(redis: Redis) {
    this.#redis = redis;
    this.#timer = setInterval(() => this.#publish(), ROUND_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #publish(): void {
    if (this.#redis.status !== 'ready') return;
    const pipeline = this.#redis.pipeline();
    for (let i = 0; i < PER_ROUND; i++) {
      const id = (this.#round * PER_ROUND + i) % FEATURES;
      const text = feature(id, this.#round);
      pipeline.hset(TRAFFIC, String(id), text).publish(TRAFFIC, text);
    }
    this.#round += 1;
    pipeline.exec().catch(() => undefined);
  }
}

function feature(id: number, round: number): string {
  const angle = id + round / 100;
  const coordinates = [8 + 3 * Math.cos(angle), 47 + 2 * Math.sin(angle)];
  return JSON.stringify({
    type: 'Feature',
    id,
    geometry: { type: 'Point', coordinates },
    properties: { round },
  });
}
