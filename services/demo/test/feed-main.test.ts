import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type LocalRedis, startLocalRedis } from '@viaduct/testkit/redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../dist/feed-main.js', import.meta.url));
let server: LocalRedis;
let redis: Redis;

beforeAll(async () => {
  server = await startLocalRedis();
  redis = new Redis(server.url);
});

afterAll(async () => {
  redis?.disconnect();
  await server?.stop();
});

function run(env: Record<string, string>) {
  const child = spawn(process.execPath, [PROGRAM], {
    env: { ...process.env, REDIS_URL: server.url, DEMO_COUNT: '20', DEMO_RATE: '100', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let log = '';
  child.stdout.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  return { child, exit: once(child, 'exit'), log: () => log };
}

describe('the feed alone', () => {
  it('fills Redis, and leaves it clean on SIGTERM', async () => {
    const { child, exit, log } = run({});
    await expect
      .poll(async () => (await redis.hlen('demo:trains')) + (await redis.hlen('demo:planes')))
      .toBe(20);
    await expect.poll(log).toContain('feed running');
    const before = await redis.hgetall('demo:trains');
    await expect.poll(() => redis.hgetall('demo:trains')).not.toEqual(before);
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    expect(await redis.keys('*')).toEqual([]);
  });

  it('does not start on Sentinels or a Redis Cluster, and says what works', async () => {
    const { exit, log } = run({ REDIS_URL: 'redis+cluster://one,two' });
    expect(await exit).toEqual([1, null]);
    expect(log()).toContain('REDIS_URL must be redis://');
  });

  it('does not start with an invalid setting, and names it', async () => {
    const { exit, log } = run({ DEMO_RATE: 'many' });
    expect(await exit).toEqual([1, null]);
    expect(log()).toContain('DEMO_RATE is \\"many\\"');
  });
});
