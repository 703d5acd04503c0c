import { findRedisServer, startLocalRedis } from '@viaduct/local-redis';

/** Where the demo keeps its data. */
export interface RedisChoice {
  /** For the gateway's REDIS_URL; `memory:` for the gateway's own memory. */
  url: string;
  /** One line for people, without passwords. */
  description: string;
  /** Ends what was started for the demo alone; nothing where that is nothing. */
  stop(): Promise<void>;
}

/**
 * Takes the Redis that REDIS_URL names; else starts a redis-server or valkey-server of the PATH for the demo alone;
 * else the gateway's memory serves.
 *
 * @throws Error where a server is there but does not start
 */
export async function chooseRedis(env: NodeJS.ProcessEnv): Promise<RedisChoice> {
  const url = env.REDIS_URL;
  if (url) return { url, description: `Redis at ${withoutPassword(url)}`, stop: async () => undefined };
  const server = findRedisServer(env);
  if (server !== null) {
    const redis = await startLocalRedis();
    return {
      url: redis.url,
      description: `${server} on port ${redis.port}, for this demo alone and stopped with it`,
      stop: () => redis.stop(),
    };
  }
  return {
    url: 'memory:',
    description:
      'none found, so the data stays in memory (for the real thing: apt-get install redis-server, or set REDIS_URL)',
    stop: async () => undefined,
  };
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//');
}
