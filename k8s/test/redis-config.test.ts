import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRedisServer } from '@viaduct/testkit/redis';
import { RunningProgram } from '@viaduct/testkit/running-program';
import { atEnd } from '@viaduct/testkit/teardown';
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { K8S } from './support/render.js';

const CONFIG = `${K8S}components/redis/redis.conf`;

it('gives a Redis that still has its data after it was killed', async () => {
  const folder = newFolder();

  const first = await startRedis(folder);
  await first.redis.hset('trains', 'ic-1', '{"type":"Feature"}');
  await first.server.stop();

  const second = await startRedis(folder);
  expect(await second.redis.hgetall('trains')).toEqual({ 'ic-1': '{"type":"Feature"}' });
});

it('refuses writes rather than grow beyond its bound', async () => {
  const folder = newFolder();
  const { redis } = await startRedis(folder);
  expect(await redis.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
  await redis.config('SET', 'maxmemory', '1');
  await expect(redis.set('key', 'value')).rejects.toThrow('OOM');
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-redis-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A server with the component's configuration and its files in a folder, which it answers in as well. */
async function startRedis(folder: string): Promise<{ server: RunningProgram; redis: Redis }> {
  const program = findRedisServer();
  if (program === null) throw new Error('there is no redis-server or valkey-server on the PATH');
  const socket = join(folder, 'redis.sock');
  const args = [CONFIG, '--port', '0', '--unixsocket', socket];
  const server = new RunningProgram(program, args, { cwd: folder });
  const redis = new Redis(socket, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
  redis.on('error', () => undefined); // not there yet, or killed
  atEnd(() => redis.disconnect());
  await redis.ping();
  return { server, redis };
}
