import { Redis } from 'ioredis';
import type { BenchContext } from '../context.js';
import { sleep } from '../load/clock.js';
import type { LiveWorld } from '../load/live-world.js';

/** The channel of scenarios with a {@link LiveWorld}. */
export const CHANNEL = 'bench_0000';

/** If no delivery arrives for this many milliseconds, all have arrived. */
const ARRIVED_AFTER_MS = 500;

/** A Redis with a world in the channel's hash. */
export async function withWorld<T>(
  context: BenchContext,
  world: LiveWorld,
  use: (world: LiveWorld, redis: Redis) => Promise<T>,
): Promise<T> {
  const redis = new Redis(context.redis.url);
  try {
    await world.store(redis, CHANNEL);
    return await use(world, redis);
  } finally {
    await redis.del(CHANNEL);
    redis.disconnect();
  }
}

/** How often, and for how long, features move. */
export interface Moves {
  /** Messages per second, one for each move. */
  rate: number;
  seconds: number;
}

/** Moves features, each with a message. Returns the number of messages when Redis has passed them on. */
export async function publishMoves(
  world: LiveWorld,
  redis: Redis,
  { rate, seconds }: Moves,
): Promise<number> {
  const until = performance.now() + seconds * 1e3;
  let published = 0;
  for (let next = performance.now(); next < until; next += 1e3 / rate) {
    const ahead = next - performance.now();
    if (ahead > 1) await sleep(ahead);
    void redis.publish(CHANNEL, world.text(world.move()));
    published++;
  }
  await redis.ping();
  return published;
}

/** Waits until a number of deliveries no longer grows, and returns it. */
export async function settled(read: () => number): Promise<number> {
  for (let last = read(); ; ) {
    await sleep(ARRIVED_AFTER_MS);
    const next = read();
    if (next === last) return next;
    last = next;
  }
}

/** The middle one; null if there is none. */
export function median(values: readonly number[]): number | null {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? null;
}
