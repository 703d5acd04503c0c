import { Redis } from 'ioredis';
import type { Lab } from '../lab.js';
import type { LiveWorld } from '../load/live-world.js';

/** The channel of scenarios with a {@link LiveWorld}. */
export const CHANNEL = 'bench_0000';

/** A Redis with a world in the channel's hash. */
export async function withWorld<T>(
  lab: Lab,
  world: LiveWorld,
  use: (world: LiveWorld, redis: Redis) => Promise<T>,
): Promise<T> {
  const redis = new Redis(lab.redis.url);
  try {
    await world.store(redis, CHANNEL);
    return await use(world, redis);
  } finally {
    await redis.del(CHANNEL);
    redis.disconnect();
  }
}

/** The middle one; null if there is none. */
export function median(values: readonly number[]): number | null {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? null;
}
