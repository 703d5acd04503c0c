import { Redis } from 'ioredis';
import { type LocalRedis, startLocalRedis } from './redis/index.js';
import { atEnd } from './teardown.js';

/** A private Redis, with a connection to fill it. */
export interface World {
  server: LocalRedis;
  redis: Redis;
}

/** Starts a Redis that is stopped at the end of the test or, if called outside of a test, of the file. */
export async function startWorld(): Promise<World> {
  const server = await startLocalRedis();
  const redis = new Redis(server.url, { retryStrategy: () => 50 });
  // Tests that restart the server see the connection fail.
  redis.on('error', () => {});
  atEnd(async () => {
    redis.disconnect();
    await server.stop();
  });
  return { server, redis };
}

/** Number of connections that are subscribed to the channel. */
export async function subscribers(redis: Redis, channel: string): Promise<number> {
  const [, count] = await redis.pubsub('NUMSUB', channel);
  return Number(count);
}
