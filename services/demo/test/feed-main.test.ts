import { fileURLToPath } from 'node:url';
import { type LocalRedis, startLocalRedis } from '@viaduct/testkit/redis';
import { RunningProgram } from '@viaduct/testkit/running-program';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

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

function start(env: Record<string, string>): RunningProgram {
  return new RunningProgram(process.execPath, [PROGRAM], {
    env: { REDIS_URL: server.url, DEMO_COUNT: '20', DEMO_RATE: '100', ...env },
  });
}

describe('the feed alone', () => {
  it('fills Redis, and leaves it clean on SIGTERM', async () => {
    const feed = start({});
    await expect
      .poll(async () => (await redis.hlen('demo:trains')) + (await redis.hlen('demo:planes')))
      .toBe(20);
    await feed.prints('feed running');
    const before = await redis.hgetall('demo:trains');
    await expect.poll(() => redis.hgetall('demo:trains')).not.toEqual(before);
    feed.signal('SIGTERM');
    expect(await feed.ended).toBe(0);
    expect(await redis.keys('*')).toEqual([]);
  });

  it('does not start on Sentinels or a Redis Cluster, and says what works', async () => {
    const feed = start({ REDIS_URL: 'redis+cluster://one,two' });
    expect(await feed.ended).toBe(1);
    expect(feed.printed).toContain('REDIS_URL must be redis://');
  });

  it('does not start with an invalid setting, and names it', async () => {
    const feed = start({ DEMO_RATE: 'many' });
    expect(await feed.ended).toBe(1);
    expect(feed.printed).toContain('DEMO_RATE is \\"many\\"');
  });
});
