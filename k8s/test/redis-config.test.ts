import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRedisServer } from '@viaduct/testkit/redis';
import { RunningProgram } from '@viaduct/testkit/running-program';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually } from '@viaduct/testkit/wait';
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { containerOf, K8S } from './support/render.js';
import { RENDERINGS } from './support/renderings.js';

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

it('is ready if it answers, also while it refuses writes because it cannot save them', async () => {
  const folder = newFolder();
  expect(isReady(folder)).toBe(false);
  // Nobody can write there.
  const args = ['--appendonly', 'no', '--save', '3600 1000000', '--dir', '/proc'];
  const { redis } = await startRedis(folder, ...args);
  expect(isReady(folder)).toBe(true);
  await redis.bgsave();
  await eventually(async () => await expect(redis.set('key', 'value')).rejects.toThrow('MISCONF'));
  await expect(redis.ping()).rejects.toThrow('MISCONF');
  expect(isReady(folder)).toBe(true);
});

/** The answer of the probe of the container, which asks the server in a folder. */
function isReady(folder: string): boolean {
  const rendering = RENDERINGS.find((one) => one.all('StatefulSet').length > 0);
  const redis = rendering && containerOf(rendering.one('StatefulSet', 'redis'), 'redis');
  const command = redis?.readinessProbe?.exec?.command ?? [];
  const client = `${findRedisServer()?.replace(/server$/u, 'cli')} -s ${join(folder, 'redis.sock')} `;
  const [program = 'none', ...args] = command.map((word) => word.replace('redis-cli ', client));
  return spawnSync(program, args).status === 0;
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-redis-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A server with the component's configuration and its files in a folder, which it answers in as well. */
async function startRedis(
  folder: string,
  ...own: string[]
): Promise<{ server: RunningProgram; redis: Redis }> {
  const program = findRedisServer();
  if (program === null) throw new Error('there is no redis-server or valkey-server on the PATH');
  const socket = join(folder, 'redis.sock');
  const args = [CONFIG, '--port', '0', '--unixsocket', socket, ...own];
  const server = new RunningProgram(program, args, { cwd: folder });
  const redis = new Redis(socket, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
  redis.on('error', () => undefined); // not there yet, or killed
  atEnd(() => redis.disconnect());
  await redis.ping();
  return { server, redis };
}
