import { RawClient } from '@viaduct/testkit/clients';
import { startGateway } from '@viaduct/testkit/gateway';
import { eventually } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import type { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';

const MIB = 1024 * 1024;
const HEAP_MB = 512;
const MAX_READ_BYTES = 128 * MIB;

/** Resident memory besides the heap: code, buffers and the worker threads' own heaps. */
const BESIDES_MB = 250;

const feature = (id: number, bytes: number): string =>
  JSON.stringify({
    type: 'Feature',
    id,
    properties: { fill: 'x'.repeat(bytes) },
    geometry: { type: 'Point', coordinates: [7, 46] },
  });

async function fillHash(redis: Redis, key: string, values: number, bytes: number): Promise<void> {
  for (let i = 0; i < values; i += 100) {
    const fields = Array.from({ length: 100 }, (_, j) => [String(i + j), feature(i + j, bytes)]).flat();
    await redis.hset(key, ...fields);
  }
}

describe('a gateway with a heap of 512 MB on its defaults survives', () => {
  async function attacked(env: Record<string, string>, fill: (redis: Redis) => Promise<void>) {
    const { server, redis } = await startWorld();
    await fill(redis);
    await redis.hset('small', 'a', feature(1, 10));
    const gateway = await startGateway(
      { REDIS_URL: server.url, CHANNELS: '*', ...env },
      { nodeArguments: [`--max-old-space-size=${HEAP_MB}`] },
    );
    const innocent = await RawClient.connect(gateway.url);
    return { gateway, innocent };
  }

  async function judge({ gateway, innocent }: Awaited<ReturnType<typeof attacked>>, done: Promise<unknown>) {
    let ended = false;
    const end = done.finally(() => {
      ended = true;
    });
    let [most, resident] = [0, 0];
    while (!ended) {
      expect((await innocent.run('GET small')).envelopes).toHaveLength(1);
      const scrape = await gateway.scrape();
      most = Math.max(most, scrape.sum('viaduct_read_bytes'));
      resident = Math.max(resident, scrape.sum('process_resident_memory_bytes'));
    }
    await end;
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(MAX_READ_BYTES);
    expect(resident).toBeLessThan((HEAP_MB + BESIDES_MB) * MIB);
    await eventually(async () => expect((await gateway.scrape()).sum('viaduct_read_bytes')).toBe(0));
  }

  test('recoveries of 225 MB from different starts, by sessions that hold everything back', async () => {
    const world = await attacked({ STREAMS: 'st' }, async (redis) => {
      for (let i = 1; i <= 9_000; i += 100) {
        const pipeline = redis.pipeline();
        for (let j = i; j < i + 100; j++) pipeline.xadd('st', `${j}-0`, 'data', feature(j, 25_000));
        await pipeline.exec();
      }
    });
    const clients = await Promise.all([1, 2, 3, 4].map(() => RawClient.connect(world.gateway.url)));
    const recoveries = clients.map(async (client, i) => {
      client.send('RESET');
      // The first ones want more than one read may have, the others about 100 MB.
      const since = i < 2 ? 1 + i : 5_000 + i;
      const { envelopes } = await client.run(`SUB st since=${since}-0`);
      return envelopes.at(-1)?.content;
    });
    await judge(world, Promise.all(recoveries));
    const [first, second, third, fourth] = await Promise.all(recoveries);
    for (const tooMany of [first, second]) expect(tooMany).toMatchObject({ reason: 'too_many' });
    for (const enough of [third, fourth]) expect(enough).toMatchObject({ recovered: true, id: '9000-0' });
  });

  test('GET of six hashes of 110 MB, by sessions that hold everything back', async () => {
    const world = await attacked({}, async (redis) => {
      await fillHash(redis, 'large-0', 4_400, 25_000);
      for (const i of [1, 2, 3, 4, 5]) await redis.copy('large-0', `large-${i}`);
    });
    const clients = await Promise.all([0, 1, 2, 3, 4, 5].map(() => RawClient.connect(world.gateway.url)));
    const answers = clients.map(async (client, i) => {
      client.send('RESET');
      return (await client.run(`GET large-${i}`)).status.status;
    });
    await judge(world, Promise.all(answers));
    expect(await Promise.all(answers)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'ok']);
  });
});
