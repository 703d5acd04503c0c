import { MemorySource } from '@viaduct/gateway';
import { type LocalRedis, startLocalRedis } from '@viaduct/testkit/redis';
import type { Feature, Geometry } from 'geojson';
import { Redis } from 'ioredis';
import { afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { FEED_CHANNEL, FEED_FIELD, Feed } from '../src/feed.js';
import type { FeedOptions } from '../src/feed-options.js';
import { startRedisFeed } from '../src/redis-feed.js';
import { MemorySink, RedisSink } from '../src/sink.js';

const CHANNELS = ['demo:trains', 'demo:planes'];
const OPTIONS: FeedOptions = { count: 40, rate: 200, speedup: 600, seed: 2 };
/** What a listener to all channels knows: the state of each hash, put together from messages alone. */
class Listener {
  readonly state = new Map<string, Map<string, string>>(CHANNELS.map((channel) => [channel, new Map()]));
  readonly removed: string[] = [];
  messages = 0;
  lastReport = '';

  hear(channel: string, text: string): void {
    this.messages += 1;
    if (channel === FEED_CHANNEL) {
      this.lastReport = text;
      return;
    }
    const { type, id, geometry } = JSON.parse(text) as Feature<Geometry | null>;
    if (type !== 'Feature' || typeof id !== 'string') throw new Error(`${channel} carried ${text}`);
    if (geometry === null) {
      this.removed.push(id);
      this.state.get(channel)?.delete(id);
    } else this.state.get(channel)?.set(id, text);
  }
}

function unexpected(error: unknown): never {
  throw error;
}

/** 20 simulated minutes a round at this speed; enough rounds for trips to end. */
async function advanceFar(feed: Feed): Promise<void> {
  for (let round = 0; round < 40; round += 1) await feed.advance(2000);
}

describe('a feed into memory', () => {
  async function listeningSource(listener: Listener): Promise<MemorySource> {
    const source = new MemorySource();
    await source.start({
      message: (channel, text) => listener.hear(channel, text),
      resumed: () => undefined,
      tooSlow: () => undefined,
      roundTrip: () => undefined,
      lost: () => undefined,
      denied: () => undefined,
      state: () => undefined,
    });
    onTestFinished(() => source.close());
    for (const channel of [...CHANNELS, FEED_CHANNEL]) await source.subscribe(channel);
    return source;
  }

  it('publishes everything that is in the hashes, and everything that it removes', async () => {
    const listener = new Listener();
    const source = await listeningSource(listener);
    await advanceFar(new Feed(new MemorySink(source), OPTIONS, unexpected));
    await new Promise((resolve) => setImmediate(resolve));
    for (const channel of CHANNELS) {
      const { values } = await source.hashEntries(channel);
      expect(new Set(values)).toEqual(new Set(listener.state.get(channel)?.values()));
      for (const text of values) {
        const { id } = JSON.parse(text) as { id: string };
        expect(await source.hashField(channel, id)).toBe(text);
      }
    }
    const known = [...listener.state.values()].reduce((sum, state) => sum + state.size, 0);
    expect(known).toBe(OPTIONS.count);
    expect(listener.removed.length).toBeGreaterThan(5);
  });

  it('reports what it does, once a second', async () => {
    const listener = new Listener();
    const source = await listeningSource(listener);
    const feed = new Feed(new MemorySink(source), { ...OPTIONS, rate: 30 }, unexpected);
    await feed.advance(1000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(JSON.parse(listener.lastReport)).toEqual({ trains: 18, planes: 22, published: 30, speedup: 600 });
    expect(await source.hashField(FEED_CHANNEL, FEED_FIELD)).toBe(listener.lastReport);
  });

  it('keeps its rate whatever the length of a round, and never updates more than it has', async () => {
    const listener = new Listener();
    const source = await listeningSource(listener);
    const feed = new Feed(new MemorySink(source), { ...OPTIONS, speedup: 1, rate: 15 }, unexpected);
    for (let round = 0; round < 90; round += 1) await feed.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
    const reports = 9;
    expect(listener.messages - reports).toBeGreaterThanOrEqual(134);
    expect(listener.messages - reports).toBeLessThanOrEqual(135);
    const before = listener.messages;
    await feed.advance(60_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(listener.messages - before - 1).toBe(OPTIONS.count);
  });

  it('updates by itself from start to stop, and leaves nothing behind', async () => {
    const listener = new Listener();
    const source = await listeningSource(listener);
    const feed = new Feed(new MemorySink(source), OPTIONS, unexpected);
    await feed.start();
    const { values: atStart } = await source.hashEntries('demo:trains');
    expect(atStart).toHaveLength(18);
    await expect.poll(() => listener.messages).toBeGreaterThan(80);
    await feed.stop();
    for (const channel of [...CHANNELS, FEED_CHANNEL])
      expect((await source.hashEntries(channel)).values).toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
    for (const channel of CHANNELS) expect(listener.state.get(channel)?.size).toBe(0);
  });

  it('reports a sink that fails, and continues', async () => {
    let failures = 0;
    const working = new MemorySink(new MemorySource());
    let flushes = 0;
    const sink = {
      hset: () => undefined,
      hdel: () => undefined,
      publish: () => undefined,
      flush: async () => {
        flushes += 1;
        if (flushes === 2) throw new Error('no room');
        await working.flush();
      },
    };
    const feed = new Feed(sink, OPTIONS, (error) => {
      expect(String(error)).toContain('no room');
      failures += 1;
    });
    await feed.start();
    await expect.poll(() => flushes).toBeGreaterThan(3);
    await feed.stop();
    expect(failures).toBe(1);
  });
});

describe('a feed into Redis', () => {
  let server: LocalRedis;
  const open: (() => Promise<void> | void)[] = [];

  beforeAll(async () => {
    server = await startLocalRedis();
    return () => server.stop();
  });

  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });

  function connect(): Redis {
    const redis = new Redis(server.url, { maxRetriesPerRequest: null });
    redis.on('error', () => undefined);
    open.push(() => redis.disconnect());
    return redis;
  }

  async function vehicleCount(redis: Redis): Promise<number> {
    return (await redis.hlen('demo:trains')) + (await redis.hlen('demo:planes'));
  }

  it('publishes everything that is in the hashes, and everything that it removes', async () => {
    const listener = new Listener();
    const [redis, subscriber] = [connect(), connect()];
    await redis.flushall();
    await subscriber.subscribe(...CHANNELS, 'end');
    let ended = false;
    subscriber.on('message', (channel: string, text: string) => {
      if (channel === 'end') ended = true;
      else listener.hear(channel, text);
    });
    await advanceFar(new Feed(new RedisSink(redis), OPTIONS, unexpected));
    await redis.publish('end', '');
    await expect.poll(() => ended).toBe(true);
    for (const channel of CHANNELS) {
      expect(await redis.hgetall(channel)).toEqual(Object.fromEntries(listener.state.get(channel) ?? []));
    }
    expect(await vehicleCount(redis)).toBe(OPTIONS.count);
    expect(listener.removed.length).toBeGreaterThan(5);
  });

  it('removes what an earlier feed left behind and what it wrote itself, and nothing else', async () => {
    const redis = connect();
    await redis.flushall();
    await redis.hset('demo:trains', { 'train-99999': '{}', 'my-own-train': '{}' });
    await redis.hset('demo:planes', 'plane-7', '{"left":"behind"}');
    const feed = await startRedisFeed(server.url, OPTIONS, unexpected);
    open.push(() => feed.stop());
    expect(await redis.hget('demo:trains', 'train-99999')).toBeNull();
    expect(await redis.hget('demo:planes', 'plane-7')).not.toContain('behind');
    expect(await vehicleCount(redis)).toBe(OPTIONS.count + 1);
    await feed.stop();
    expect(await redis.keys('*')).toEqual(['demo:trains']);
    expect(await redis.hkeys('demo:trains')).toEqual(['my-own-train']);
  });

  it('leaves the keys and channels of others alone, whatever their names', async () => {
    const redis = connect();
    await redis.flushall();
    const theirs = { 'train-1': 'theirs', 'ic-1': 'theirs' };
    for (const key of ['trains', 'planes', 'feed']) await redis.hset(key, theirs);
    const listener = connect();
    const published = new Set<string>();
    listener.on('pmessage', (_pattern: string, channel: string) => published.add(channel));
    await listener.psubscribe('*');
    const feed = await startRedisFeed(server.url, OPTIONS, unexpected);
    open.push(() => feed.stop());
    await expect.poll(() => published.size).toBeGreaterThanOrEqual(2);
    await feed.stop();
    expect((await redis.keys('*')).sort()).toEqual(['feed', 'planes', 'trains']);
    for (const key of ['trains', 'planes', 'feed']) expect(await redis.hgetall(key)).toEqual(theirs);
    expect([...published].filter((channel) => !channel.startsWith('demo:'))).toEqual([]);
  });

  it('continues by itself after Redis was unreachable', async () => {
    const redis = connect();
    const errors: unknown[] = [];
    const feed = await startRedisFeed(server.url, OPTIONS, (error) => errors.push(error));
    open.push(() => feed.stop());
    await server.kill();
    await expect.poll(() => errors.length).toBeGreaterThan(0);
    await server.start();
    await expect.poll(() => vehicleCount(redis)).toBe(OPTIONS.count);
  });

  it('refuses to start if Redis does not accept its data', async () => {
    const redis = connect();
    await redis.flushall();
    await redis.set('demo:trains', 'not a hash');
    const start = startRedisFeed(server.url, OPTIONS, unexpected);
    await expect(start).rejects.toThrow('WRONGTYPE');
    await redis.del('demo:trains');
  });
});
