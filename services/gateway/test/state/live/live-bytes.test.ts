import { RawClient } from '@viaduct/testkit/clients';
import { startGateway } from '@viaduct/testkit/gateway';
import { eventually } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import { expect, test } from 'vitest';
import { point } from '../../support/live-client.js';
import { liveWorld } from '../../support/live-world.js';
import { slowConnection } from '../../support/slow-connection.js';

test('MAX_LIVE_BYTES: a channel that does not fit is refused, and one that outgrows it continues without leaves', async () => {
  const { redis, gateway, open } = await liveWorld({ MAX_LIVE_BYTES: '1 MiB' });
  const filler = 'x'.repeat(10_000);
  const large = (id: string): string => point(id, 7.5, 46.5, { filler });
  for (let i = 0; i < 150; i++) await redis.hset('large', `f${i}`, large(`f${i}`));
  const client = await RawClient.connect(gateway.url);
  expect((await client.run('SUB large live=true')).status).toMatchObject({ code: 'live_too_big' });
  expect((await client.run('SUB large snapshot=true')).status.status).toBe('ok');

  await redis.hset('growing', 'a', point('a', 7.5, 46.5));
  const live = await open('growing', 'BBOX 7 46 8 47');
  for (let i = 0; i < 150; i++) await redis.publish('growing', large(`f${i}`));
  await eventually(() =>
    expect(live.seen.map(({ content }) => content)).toContainEqual({
      status: 'live_ended',
      channel: 'growing',
      reason: 'too_big',
    }),
  );
  await redis.publish('growing', point('b', 7.5, 46.5));
  await redis.publish('growing', point('b', 9, 46.5));
  await redis.publish('growing', '"end"');
  await eventually(() => expect(live.marker).toBe('end'));
  expect(live.seen.at(-2)?.content).toMatchObject({ id: 'b' });
  expect((await gateway.scrape()).sum('viaduct_live_features')).toBe(0);
});

test.each([
  [1, 3, 'large'],
  [6, 1, 'growing'],
])(
  'of a large channel with %i clients and a growing one with %i, the %s one ends when the memory is used up: it takes more for each client',
  async (large, growing, ended) => {
    const { redis, open } = await liveWorld({ MAX_LIVE_BYTES: '1 MiB' });
    const filler = 'x'.repeat(10_000);
    for (let i = 0; i < 80; i++) await redis.hset('large', `f${i}`, point(`f${i}`, 7.5, 46.5, { filler }));
    const openAll = (channel: string, count: number) =>
      Promise.all(Array.from({ length: count }, () => open(channel, 'BBOX 7 46 8 47')));
    const clients = { large: await openAll('large', large), growing: await openAll('growing', growing) };
    for (let i = 0; i < 30; i++) await redis.publish('growing', point(`f${i}`, 7.5, 46.5, { filler }));
    for (const channel of ['large', 'growing'] as const) {
      await redis.publish(channel, '"end"');
      for (const client of clients[channel]) {
        await eventually(() => expect(client.marker).toBe('end'));
        const endings = client.seen.filter(({ content }) => isLiveEnded(content));
        expect(endings.length).toBe(channel === ended ? 1 : 0);
      }
    }
  },
);

function isLiveEnded(content: unknown): boolean {
  return (content as { status?: unknown } | null)?.status === 'live_ended';
}

test('MAX_LIVE_BYTES: channels that nobody watches make room while another one is being read, not only afterwards', async () => {
  const { redis, server } = await startWorld();
  // A connection that needs two seconds for each MiB, so that the read takes a while.
  const connection = await slowConnection(server.port, 512 * 1024);
  const gateway = await startGateway({ REDIS_URL: connection.url, CHANNELS: '*', MAX_LIVE_BYTES: '1 MiB' });
  for (const channel of ['idle', 'next']) {
    for (let i = 0; i < 60; i++)
      await redis.hset(channel, `f${i}`, point(`f${i}`, 7.5, 46.5, { filler: 'x'.repeat(15_000) }));
  }
  const features = async (): Promise<number> => (await gateway.scrape()).sum('viaduct_live_features');
  const client = await RawClient.connect(gateway.url);
  await client.run('SUB idle live=true');
  await client.run('DEL idle');
  expect(await features()).toBe(60);
  const opened = client.run('SUB next live=true');
  await eventually(async () => expect(await features()).toBe(0));
  expect((await opened).status.status).toBe('ok');
  await eventually(async () => expect(await features()).toBe(60));
});

/** A collection of features of 10 kB each, in the box of the tests. */
function largeCollection(count: number): { features: string[]; text: string } {
  const filler = 'x'.repeat(10_000);
  const features = Array.from({ length: count }, (_, i) => point(`f${i}`, 7.5, 46.5, { filler }));
  return { features, text: `{"type":"FeatureCollection","features":[${features.join(',')}]}` };
}

test.each([
  ['on the main thread', '0'],
  ['while a worker has a big message and others wait behind it', '1'],
])(
  'after a channel has outgrown the memory %s, its clients have the state, and other channels are live',
  async (_when, threads) => {
    const { redis, gateway, open } = await liveWorld({
      MAX_LIVE_BYTES: '1 MiB',
      WORKER_THREADS: threads,
      WORKER_MIN_BYTES: '1 KiB',
    });
    const { features, text } = largeCollection(150);
    const plain = await RawClient.connect(gateway.url);
    await plain.run('SUB growing');
    const live = await open('growing', 'BBOX 7 46 8 47');
    for (const [i, feature] of features.entries()) await redis.hset('growing', `f${i}`, feature);
    const newer = point('f149', 7.9, 46.5);
    await redis
      .multi()
      .publish('growing', text)
      .publish('growing', text)
      .hset('growing', 'f149', newer)
      .publish('growing', newer)
      .publish('growing', '"end"')
      .exec();
    await eventually(() => expect(live.marker).toBe('end'));
    await eventually(() => expect(live.held.size).toBe(150));
    await eventually(() =>
      expect(live.held.get('f149')?.geometry).toMatchObject({ coordinates: [7.9, 46.5] }),
    );
    await redis.hset('small', 'a', point('a', 7.5, 46.5));
    expect((await open('small', 'BBOX 7 46 8 47')).ids).toEqual(['a']);
  },
);
