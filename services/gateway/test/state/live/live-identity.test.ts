import { RawClient } from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { eventually } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import type { Redis } from 'ioredis';
import { beforeAll, expect, test } from 'vitest';
import { LiveClient } from '../../support/live-client.js';

let redis: Redis;
let gateway: GatewayProcess;

beforeAll(async () => {
  const world = await startWorld();
  ({ redis } = world);
  gateway = await startGateway({
    REDIS_URL: world.server.url,
    CHANNELS: '*',
    FEATURE_ID_PROPERTY: 'number',
  });
});

const open = async (channel: string): Promise<LiveClient> =>
  LiveClient.open(await RawClient.connect(gateway.url), channel, 'BBOX 7 46 8 47');

const at = (lon: number, properties: object) => ({
  type: 'Feature',
  geometry: { type: 'Point', coordinates: [lon, 46.5] },
  properties,
});

test('a feature whose identity is a property leaves with it as its id', async () => {
  const live = await open('trains');
  live.seen.length = 0;
  for (const lon of [7.5, 9, 7.5]) await redis.publish('trains', JSON.stringify(at(lon, { number: 7 })));
  await eventually(() => expect(live.seen).toHaveLength(3));
  const left = { type: 'Feature', id: 7, geometry: null, properties: null };
  expect(live.seen.map(({ content, event }) => [content, event])).toEqual([
    [at(7.5, { number: 7 }), 'add'],
    [left, 'leave'],
    [at(7.5, { number: 7 }), undefined],
  ]);
  await live.run('BBOX 0 0 1 1');
  expect(live.seen.at(-1)?.content).toMatchObject({ status: 'view', left: [7] });
});

test('what has no identity comes whenever it enters a view, and what has one but no geometry is in none', async () => {
  const anonymous = at(7.5, {});
  const placeless = { type: 'Feature', id: 'placeless', geometry: null, properties: {} };
  await redis.hset('buses', 'a', JSON.stringify(anonymous), 'b', JSON.stringify(placeless));
  const live = await open('buses');
  const contents = () => live.seen.map(({ content }) => content).filter((c) => !('status' in (c as object)));
  expect(contents()).toEqual([anonymous]);
  await live.run('BBOX 0 0 1 1');
  expect(live.seen.at(-1)?.content).toMatchObject({ status: 'view', entered: 0, left: [] });
  await live.run('BBOX 7 46 8 47');
  expect(contents()).toEqual([anonymous, anonymous]);
});

test('an id that is a number in the hash and text in a message, or the reverse, is logged: it is two features', async () => {
  const withId = (id: unknown) => JSON.stringify({ ...at(7.5, {}), id });
  const mixed = () =>
    gateway.log.filter(({ msg }) => msg.startsWith('an id is a number in one place and text in another'));
  await redis.hset('ships', { 17: withId(17), x: JSON.stringify(at(7.5, {})) });
  const live = await open('ships');
  // None of these is such an id: they only resemble it in the index.
  for (const id of [17, '18', '"18"', 'field 0 x', 'last']) await redis.publish('ships', withId(id));
  await eventually(() => expect(live.held.has('last')).toBe(true));
  expect(mixed()).toEqual([]);
  await redis.publish('ships', withId('17'));
  await eventually(() =>
    expect(mixed()).toMatchObject([{ level: 40, channel: 'ships', id: '"17"', other: '17' }]),
  );
});
