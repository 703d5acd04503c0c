import { execFileSync } from 'node:child_process';
import { startGateway } from '@viaduct/testkit/gateway';
import { startLocalCluster } from '@viaduct/testkit/redis';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import type { Redis } from 'ioredis';
import { beforeAll, describe, expect, test } from 'vitest';
import { functionLibrary, point, removal, watch } from './features.js';

describe('the functions', () => {
  let redis: Redis;
  beforeAll(async () => {
    ({ redis } = await startWorld());
    await redis.function('LOAD', await functionLibrary());
  });
  const call = (...args: (string | number)[]) => redis.call('FCALL', ...(args as [string]));
  const text = (id: unknown) => JSON.stringify({ ...point(1, 7), id });

  test('answer with 1, with the id of the entry, or with 0 if there is nothing to remove', async () => {
    const put = await call('viaduct_put', 2, 'log', 'log:state', text(1));
    expect(await redis.xrange('log', '-', '+')).toEqual([[put, ['data', text(1)]]]);
    expect(await call('viaduct_put', 1, 'plain', text(1))).toBe(1);
    expect(await call('viaduct_remove', 1, 'plain', 1)).toBe(1);
    expect(await call('viaduct_remove', 1, 'plain', 1)).toBe(0);
    expect(await redis.exists('plain')).toBe(0);
  });

  test('keep about the number of entries that MAXLEN says', async () => {
    for (let i = 0; i < 500; i += 1)
      await call('viaduct_put', 2, 'short', 'short:state', text(i), 'MAXLEN', 100);
    // Redis trims whole nodes of 100 entries (stream-node-max-entries).
    expect(await redis.xlen('short')).toBeLessThanOrEqual(200);
    expect(await redis.hlen('short:state')).toBe(500);
  });

  test.each([
    ['not JSON', ['viaduct_put', 1, 'bad', 'x'], 'not valid JSON'],
    ['NaN', ['viaduct_put', 1, 'bad', text(1).replace('[7', '[NaN')], 'not valid JSON'],
    [
      'a geometry',
      ['viaduct_put', 1, 'bad', '{"type":"Point","coordinates":[7,47]}'],
      'not a GeoJSON Feature',
    ],
    ['no id', ['viaduct_put', 1, 'bad', text(undefined)], 'needs an id'],
    [
      'an id that Lua would round',
      ['viaduct_put', 1, 'bad', text(1).replace('"id":1', '"id":9007199254740993')],
      'needs an id',
    ],
    ['no geometry', ['viaduct_put', 1, 'bad', JSON.stringify(removal(1))], 'viaduct_remove removes one'],
    ['a hash as a stream', ['viaduct_put', 2, 'hash', 'bad', text(1)], 'hash is a hash, not a stream'],
    ['text as a hash', ['viaduct_put', 2, 'bad', 'text', text(1)], 'text is a string, not a hash'],
    ['no key', ['viaduct_put', 0, text(1)], 'give one key'],
    ['an unknown word', ['viaduct_put', 1, 'bad', text(1), 'FAST'], 'there may be SHARDED'],
    ['no field', ['viaduct_remove', 1, 'bad'], 'needs the field'],
  ] as const)('refuse %s, and change nothing', async (_, args, message) => {
    await redis.hset('hash', 'a', 'b');
    await redis.set('text', 'a');
    await expect(call(...args)).rejects.toThrow(message);
    expect(await redis.exists('bad')).toBe(0);
  });
});

describe('in a Redis Cluster, where redis-cli finds the node by the keys', () => {
  test.each([
    ['plain', []],
    ['sharded', ['SHARDED']],
  ])('with %s channels, the functions reach every live view', async (pubSub, words) => {
    const cluster = await startLocalCluster();
    atEnd(() => cluster.stop());
    const lua = await functionLibrary();
    for (const { port } of cluster.masters)
      execFileSync('redis-cli', ['-p', String(port), '-x', 'FUNCTION', 'LOAD'], { input: lua });
    const gateway = await startGateway({ REDIS_URL: cluster.url, REDIS_PUBSUB: pubSub, CHANNELS: 'trains' });
    const view = await watch(gateway, 'trains');
    for (const [i, { port }] of cluster.masters.entries()) {
      const call = (...args: string[]) =>
        execFileSync('redis-cli', ['-c', '-e', '-p', String(port), 'FCALL', ...args, ...words]);
      call('viaduct_put', '1', 'trains', JSON.stringify(point(i, i)));
      call('viaduct_put', '1', 'trains', JSON.stringify(point('gone', 5)));
      call('viaduct_remove', '1', 'trains', 'gone');
    }
    await eventually(() => expect(view.ids().sort()).toEqual([0, 1, 2]));
  });
});
