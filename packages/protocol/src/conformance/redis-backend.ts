import { Redis } from 'ioredis';
import type { Backend } from './types.js';

/**
 * Connects to the Redis that the server under test reads.
 *
 * @throws Error if it does not answer
 */
export async function connectRedis(url: string, timeoutMs: number): Promise<Backend> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: timeoutMs,
    maxRetriesPerRequest: 1,
    retryStrategy: () => null,
  });
  const failures: string[] = [];
  redis.on('error', (error: Error) => failures.push(error.message));
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    redis.disconnect();
    const reason = failures.at(0) ?? String(error);
    throw new Error(`Redis does not answer (${reason}); give the URL of the Redis that the server reads`, {
      cause: error,
    });
  }
  return {
    async hset(key, values) {
      await redis.hset(key, values);
    },
    async hdel(key, fields) {
      await redis.hdel(key, ...fields);
    },
    async set(key, value) {
      await redis.set(key, value);
    },
    async del(key) {
      await redis.del(key);
    },
    async publish(channel, message) {
      await redis.publish(channel, message);
    },
    async numsub(channel) {
      const [, count] = await redis.pubsub('NUMSUB', channel);
      return Number(count);
    },
    async close() {
      redis.disconnect();
    },
  };
}
