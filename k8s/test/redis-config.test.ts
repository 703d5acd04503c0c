import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRedisServer } from '@viaduct/testkit/redis';
import { Redis } from 'ioredis';
import { afterEach, expect, it } from 'vitest';
import { K8S } from './support/render.js';

const CONFIG = `${K8S}components/redis/redis.conf`;

let ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

it('gives a Redis that still has its data after it was killed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-redis-'));
  ends.push(async () => rmSync(folder, { recursive: true, force: true }));

  const first = await startRedis(folder);
  await first.redis.hset('trains', 'ic-1', '{"type":"Feature"}');
  await kill(first.server);

  const second = await startRedis(folder);
  expect(await second.redis.hgetall('trains')).toEqual({ 'ic-1': '{"type":"Feature"}' });
});

it('refuses writes rather than grow beyond its bound', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-redis-'));
  ends.push(async () => rmSync(folder, { recursive: true, force: true }));
  const { redis } = await startRedis(folder);
  expect(await redis.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
  await redis.config('SET', 'maxmemory', '1');
  await expect(redis.set('key', 'value')).rejects.toThrow('OOM');
});

/** A server with the component's configuration and its files in a folder, which it answers in as well. */
async function startRedis(folder: string): Promise<{ server: ChildProcess; redis: Redis }> {
  const program = findRedisServer();
  if (program === null) throw new Error('there is no redis-server or valkey-server on the PATH');
  const socket = join(folder, 'redis.sock');
  const server = spawn(program, [CONFIG, '--port', '0', '--unixsocket', socket], {
    cwd: folder,
    stdio: 'ignore',
  });
  ends.push(() => kill(server));
  const redis = new Redis(socket, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
  redis.on('error', () => undefined); // not there yet, or killed
  ends.push(async () => redis.disconnect());
  await redis.ping();
  return { server, redis };
}

async function kill(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, 'exit');
  server.kill('SIGKILL');
  await exited;
}
