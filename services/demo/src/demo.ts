import { fileURLToPath } from 'node:url';
import { createGateway, loadConfig, MEMORY_URL, MemorySource } from '@viaduct/gateway';
import { FEED_CHANNELS, Feed } from './feed.js';
import { type FeedOptions, feedOptions } from './feed-options.js';
import { chooseRedis, type RedisChoice } from './redis-choice.js';
import { startRedisFeed } from './redis-feed.js';
import { MemorySink } from './sink.js';

/** The start page, built by `tools/build-page.mjs`. */
export const PAGE_DIR = fileURLToPath(new URL('../dist/page/', import.meta.url));

/** Everything that `npm start` runs. */
export interface Demo {
  /** Address of the page and the gateway, such as `http://localhost:8080`. */
  url: string;
  /** See {@link RedisChoice.description}. */
  redis: string;
  feed: FeedOptions;
  /** Stops the feed, the gateway and the demo's own Redis. */
  stop(): Promise<void>;
}

type Stop = () => Promise<void>;

/**
 * Starts a Redis if it needs one, a feed, and a gateway that serves the start page.
 *
 * @param env settings of the gateway (PORT, REDIS_URL, ...) and of the feed (DEMO_COUNT, DEMO_RATE, ...)
 * @param onError called for failures of the feed, which recovers by itself
 * @throws ConfigError or FeedOptionsError for settings that cannot work; Error for a port that is taken. Nothing
 *   of what was started before then is left running
 */
export async function startDemo(env: NodeJS.ProcessEnv, onError: (error: unknown) => void): Promise<Demo> {
  const feed = feedOptions(env);
  const running: Stop[] = [];
  const stop: Stop = async () => {
    // In reverse order of the start: clients leave first, so that they see the end, not an emptied map.
    for (const stopOne of running.splice(0).reverse()) await stopOne();
  };
  try {
    const redis = await chooseRedis(env);
    running.push(redis.stop);
    const url = await startFeedAndGateway(env, redis, feed, onError, running);
    return { url, redis: redis.description, feed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts the feed, so that there is data when the gateway opens, then the gateway. Returns its URL. */
async function startFeedAndGateway(
  env: NodeJS.ProcessEnv,
  redis: RedisChoice,
  options: FeedOptions,
  onError: (error: unknown) => void,
  running: Stop[],
): Promise<string> {
  const config = loadConfig({
    LOG_LEVEL: 'warn',
    // Only people who try it out can reach it, and their pages share an address.
    LIMITS: 'off',
    CHANNELS: FEED_CHANNELS.join(','),
    PAGE_DIR,
    ...env,
    REDIS_URL: redis.url,
  });
  const memory = redis.url === MEMORY_URL ? new MemorySource() : undefined;
  const feed = memory
    ? await startMemoryFeed(memory, options, onError)
    : await startRedisFeed(redis.url, options, onError);
  running.push(() => feed.stop());
  const gateway = createGateway(memory ? { ...config, source: memory } : config);
  running.push(() => gateway.close({ drainMs: 0 }));
  return (await gateway.start()).url;
}

async function startMemoryFeed(
  memory: MemorySource,
  options: FeedOptions,
  onError: (error: unknown) => void,
): Promise<Feed> {
  const feed = new Feed(new MemorySink(memory), options, onError);
  await feed.start();
  return feed;
}
