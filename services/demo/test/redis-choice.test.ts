import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { chooseRedis } from '../src/redis-choice.js';

describe('the choice of a Redis', () => {
  it('is the one in REDIS_URL, whose password is not shown', async () => {
    const choice = await chooseRedis({ REDIS_URL: 'redis://me:s3cr@t@redis.example:6380/2' });
    expect(choice.url).toBe('redis://me:s3cr@t@redis.example:6380/2');
    expect(choice.description).toBe('at redis://redis.example:6380/2, as REDIS_URL says');
  });

  it('is memory if REDIS_URL says so', async () => {
    const choice = await chooseRedis({ REDIS_URL: 'memory:', PATH: process.env.PATH });
    expect(choice.url).toBe('memory:');
  });

  it('is a server on the PATH, run only for the demo', async () => {
    const choice = await chooseRedis({ PATH: process.env.PATH });
    onTestFinished(() => choice.stop());
    expect(choice.description).toContain(`on port ${new URL(choice.url).port}, only for this demo`);
    const redis = new Redis(choice.url);
    onTestFinished(() => redis.disconnect());
    expect(await redis.ping()).toBe('PONG');
  });

  it('is memory if there is no server, and says how to get one', async () => {
    const choice = await chooseRedis({ REDIS_URL: '', PATH: '/nowhere' });
    expect(choice.url).toBe('memory:');
    expect(choice.description).toMatch(/none found.*apt-get install redis-server.*REDIS_URL/);
  });
});
