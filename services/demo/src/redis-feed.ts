import { Redis } from 'ioredis';
import { Feed } from './feed.js';
import type { FeedOptions } from './feed-options.js';
import { RedisSink } from './sink.js';
import { KINDS } from './vehicle.js';

/** Longest wait for a Redis that should take the feed's vehicles away before the process ends, in milliseconds. */
const FAREWELL_MS = 800;

/** Ids that a feed gives; other fields of the same hashes are none of its business. */
const OWN_ID = /^(?:train|plane)-\d+$/;

const ONE_SERVER =
  'The demo feed writes to one server: REDIS_URL must be redis://... or rediss://... for it, such as the master of your Sentinels.';

/** A feed that writes to a Redis. */
export interface RedisFeed {
  /** Takes the feed's vehicles out of Redis if it can be reached, and disconnects; takes a second at most. */
  stop(): Promise<void>;
}

/**
 * Starts a feed into a Redis, once what an earlier feed left there is gone.
 * Waits for a Redis that is not there yet, and goes on by itself after one that went away has come back.
 *
 * @param onError is told of every failed attempt to reach Redis or to write to it
 * @throws Error where Redis can be reached but refuses (a wrong password, say), and for a URL that names several servers
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
  // A Redis that refuses the farewell keeps some vehicles; the next feed removes them.
  await Promise.race([feed.stop().catch(() => undefined), patience]);
  clearTimeout(timer);
  redis.disconnect();
}
