import { Redis } from 'ioredis';
import { Feed } from './feed.js';
import type { FeedOptions } from './feed-options.js';
import { RedisSink } from './sink.js';
import { KINDS } from './vehicle.js';

/** Longest wait for Redis to remove the feed's vehicles before the process ends, in milliseconds. */
const FAREWELL_MS = 800;

/** Ids of the feed; it ignores other fields of the same hashes. */
const OWN_ID = /^(?:train|plane)-\d+$/;

const ONE_SERVER =
  'The demo feed writes to one server: REDIS_URL must be redis://... or rediss://... for it, such as the master of your Sentinels.';

/** A feed that writes to a Redis. */
export interface RedisFeed {
  /** Removes the feed's vehicles from Redis if it is reachable, and disconnects; takes at most a second. */
  stop(): Promise<void>;
}

/**
 * Starts a feed into a Redis, after removing what an earlier feed left there. Waits for a Redis that is not running
 * yet, and recovers by itself from lost connections.
 *
 * @param onError called for every failed attempt to connect or write to Redis
 * @throws Error if Redis is reachable but refuses (for example a wrong password), and for a URL that names several
 *   servers
 */
export async function startRedisFeed(
  url: string,
  options: FeedOptions,
  onError: (error: unknown) => void,
): Promise<RedisFeed> {
  if (/^rediss?\+/u.test(url)) throw new Error(ONE_SERVER);
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  redis.on('error', onError);
  try {
    await removeLeftovers(redis);
    const feed = new Feed(new RedisSink(redis), options, onError);
    await feed.start();
    return { stop: () => stop(feed, redis) };
  } catch (error) {
    redis.disconnect();
    throw error;
  }
}

async function removeLeftovers(redis: Redis): Promise<void> {
  for (const { channel } of Object.values(KINDS)) {
    const fields = await redis.hkeys(channel);
    const own = fields.filter((field) => OWN_ID.test(field));
    if (own.length > 0) await redis.hdel(channel, ...own);
  }
}

async function stop(feed: Feed, redis: Redis): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, FAREWELL_MS);
  });
  // If Redis refuses the removal, some vehicles stay; the next feed removes them.
  await Promise.race([feed.stop().catch(() => undefined), patience]);
  clearTimeout(timer);
  redis.disconnect();
}
