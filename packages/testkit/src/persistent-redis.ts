import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type LocalRedis, startLocalRedis } from './redis/index.js';
import { atEnd } from './teardown.js';

/** A Redis that keeps its data over a crash and a restart, with a connection that survives both. */
export async function persistentRedis(): Promise<{ server: LocalRedis; redis: Redis }> {
  const dir = await mkdtemp(join(tmpdir(), 'viaduct-aof-'));
  const args = ['--dir', dir, '--appendonly', 'yes', '--appendfsync', 'always'];
  const server = await startLocalRedis({ args });
  const redis = new Redis(server.url, { retryStrategy: () => 50, maxRetriesPerRequest: null });
  // Tests that restart the server see the connection fail.
  redis.on('error', () => {});
  atEnd(async () => {
    redis.disconnect();
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  });
  return { server, redis };
}
