import { MEMORY_URL } from '@viaduct/gateway';
import { findRedisServer, startLocalRedis } from '@viaduct/testkit/redis';

/** The Redis of the demo. */
export interface RedisChoice {
  /** For the gateway's REDIS_URL; {@link MEMORY_URL} for the gateway's own memory. */
  url: string;
  /** One line for people, without passwords. */
  description: string;
  /** Stops what was started only for the demo. */
  stop(): Promise<void>;
}

/**
 * Uses the Redis of REDIS_URL; otherwise starts a redis-server or valkey-server from the PATH only for the demo;
 * otherwise uses the gateway's memory.
 *
 * @throws Error if there is a server that does not start
 */
export async function chooseRedis(env: NodeJS.ProcessEnv): Promise<RedisChoice> {
  const url = env.REDIS_URL;
  if (url === MEMORY_URL) return notOurs(url, 'none; the data stays in memory, as REDIS_URL says');
  if (url) return notOurs(url, `at ${withoutPassword(url)}, as REDIS_URL says`);
  const server = findRedisServer(env);
  if (server === null) return notOurs(MEMORY_URL, NONE_FOUND);
  const redis = await startLocalRedis();
  return {
    url: redis.url,
    description: `${server} on port ${redis.port}, only for this demo and stopped with it`,
    stop: () => redis.stop(),
  };
}

const NONE_FOUND =
  'none found, so the data stays in memory (for the real thing: apt-get install redis-server, or set REDIS_URL)';

/** A choice with nothing to stop. */
function notOurs(url: string, description: string): RedisChoice {
  return { url, description, stop: async () => undefined };
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/.*@/, '//');
}
