import { readFile } from 'node:fs/promises';
import { RawClient } from '@viaduct/testkit/clients';
import { startGateway } from '@viaduct/testkit/gateway';
import { eventually } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import { expect, test } from 'vitest';
import { liveSet } from './live-set.js';

const point = (id: string, lon: number): string =>
  JSON.stringify({
    type: 'Feature',
    id,
    geometry: { type: 'Point', coordinates: [lon, 46] },
    properties: {},
  });

test('the few lines of the protocol keep exactly the features in the view', async () => {
  const { redis, server } = await startWorld();
  const gateway = await startGateway({ REDIS_URL: server.url, CHANNELS: '*' });
  const client = await RawClient.connect(gateway.url);
  const { held, take } = liveSet('trains');
  client.inbox.onEach(take);
  const ids = () => [...held.keys()].sort();

  const anonymous = '{"type":"Feature","geometry":{"type":"Point","coordinates":[7.5,46]},"properties":null}';
  await redis.hset('trains', 'a', point('a', 7.5), 'b', point('b', 9), 'c', anonymous);
  await client.run('BBOX 7 45 8 47');
  await client.run('SUB trains live=true');
  await eventually(() => expect(ids()).toEqual(['a']));
  await client.run('BBOX 8.5 45 9.5 47');
  await eventually(() => expect(ids()).toEqual(['b']));
  await redis.publish('trains', point('a', 8.6));
  await redis.publish('trains', point('b', 10));
  await eventually(() => expect(ids()).toEqual(['a']));
  await client.run('PROJECTION epsg:2056');
  await eventually(() => expect(held.get('a').geometry.coordinates[0]).toBeGreaterThan(2_000_000));
  expect(ids()).toEqual(['a']);
  await client.run('PROJECTION epsg:4326');
  await client.run('BBOX 7 45 8 47');
  await client.run('GET trains client_ref=g1');
  await eventually(() => expect(ids()).toEqual([]));
});

test('PROTOCOL.md contains the example', async () => {
  const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');
  const [example, document] = await Promise.all([read('live-set.js'), read('../../PROTOCOL.md')]);
  expect(document).toContain(example.slice(example.indexOf('export function')).trim());
});
