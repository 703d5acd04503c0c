import type { GatewayProcess } from '@viaduct/testkit/gateway';
import { scaled } from '@viaduct/testkit/wait';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { type CollectionChange, LiveCollection, type LiveCollectionOptions } from '../src/index.js';
import { client, type Stack, startStack, train } from './support/stack.js';

let stack: Stack;
let gateway: GatewayProcess;

beforeAll(async () => {
  stack = await startStack();
  gateway = await stack.gateway();
});

/** A collection without a snapshot, and all that it reported. */
async function collect(
  channel: string,
  options: LiveCollectionOptions = {},
): Promise<{ collection: LiveCollection; changes: CollectionChange[] }> {
  const collection = new LiveCollection(client(gateway.url), channel, { snapshot: false, ...options });
  const changes: CollectionChange[] = [];
  collection.on('change', (change) => changes.push(change));
  onTestFinished(() => collection.close());
  await collection.subscription.ready;
  return { collection, changes };
}

/** Ids of what was added, updated and removed. */
function idsOf({ added, updated, removed }: CollectionChange): unknown[][] {
  return [added, updated, removed].map((features) => [...features.keys()]);
}

test('reports what was added, updated and removed, and the last state of a removed feature', async () => {
  const { collection, changes } = await collect('live:a');
  await stack.publish('live:a', train(1, 1, 1));
  await expect.poll(() => changes.length).toBe(1);
  await stack.publish('live:a', train(1, 2, 2));
  await expect.poll(() => changes.length).toBe(2);
  expect(collection.get(1)).toEqual(train(1, 2, 2));
  await stack.remove('live:a', 1);
  await expect.poll(() => changes.length).toBe(3);
  expect(changes.map(idsOf)).toEqual([
    [[1], [], []],
    [[], [1], []],
    [[], [], [1]],
  ]);
  expect(changes[2]?.removed.get(1)).toEqual(train(1, 2, 2));
  expect(collection.size).toBe(0);
});

/** Geometries that are not GeoJSON (RFC 7946 section 3.1), or that no map can draw. */
const NOT_DRAWABLE = [
  5,
  [],
  {},
  { type: 'Circle', coordinates: [1, 1] },
  { type: 'Point' },
  { type: 'Point', coordinates: [] },
  { type: 'Point', coordinates: ['1', '1'] },
  { type: 'LineString', coordinates: [1, 1] },
  { type: 'Polygon', coordinates: [[[1, 1], null]] },
  { type: 'GeometryCollection', geometries: [null] },
  { type: 'GeometryCollection', geometries: 'none' },
];

test('what is not GeoJSON in a message does not keep the rest of it from arriving', async () => {
  const { collection } = await collect('live:odd');
  const seen: unknown[] = [];
  collection.viaduct.subscribe('live:odd', { onFeature: ({ id }) => seen.push(id) });
  const features = [null, 5, 'text', [], { type: 'Feature' }, train(1, 1, 1)];
  await stack.publish('live:odd', { type: 'FeatureCollection', features }, train(2, 2, 2));
  await expect.poll(() => [...collection].map(([id]) => id)).toEqual([1, 2]);
  expect(seen).toEqual([1, 2]);
});

test('a feature whose geometry is not GeoJSON has no place', async () => {
  const { collection } = await collect('live:shapes');
  await collection.viaduct.setBox([0, 0, 10, 10]);
  const features = [...NOT_DRAWABLE, train(0, 1, 1).geometry].map((geometry, id) => ({
    type: 'Feature',
    id,
    geometry,
  }));
  await stack.publish('live:shapes', ...features, train('last', 1, 1));
  await expect.poll(() => collection.has('last')).toBe(true);
  const placed = [...collection.values()].filter(({ geometry }) => geometry.type !== 'GeometryCollection');
  expect(placed.map(({ id }) => id)).toEqual([NOT_DRAWABLE.length, 'last']);
  const others = [...collection.values()].filter(({ geometry }) => geometry.type === 'GeometryCollection');
  for (const { geometry } of others) expect(geometry).toEqual({ type: 'GeometryCollection', geometries: [] });
});

test('keeps a feature that does not exist in the projection, and drops it when it is gone', async () => {
  const { collection, changes } = await collect('live:pole');
  await collection.viaduct.setProjection('epsg:2154');
  await stack.publish('live:pole', train(1, 3, 46));
  await expect.poll(() => collection.size).toBe(1);
  await stack.publish('live:pole', train(1, 3, -90, { at: 'the pole' }));
  await expect.poll(() => collection.get(1)?.properties).toEqual({ at: 'the pole' });
  expect(collection.get(1)?.geometry).toEqual({ type: 'GeometryCollection', geometries: [] });
  await stack.remove('live:pole', 1);
  await expect.poll(() => collection.size).toBe(0);
  expect(changes.map(idsOf)).toEqual([
    [[1], [], []],
    [[], [1], []],
    [[], [], [1]],
  ]);
});

test('messages that arrive together are one change, in which each id occurs once', async () => {
  const { collection, changes } = await collect('live:b');
  const features = [train(1, 1, 1), train(2, 2, 2), train(1, 3, 3), train(3, 3, 3)];
  const gone = { type: 'Feature', id: 3, geometry: null, properties: {} };
  await stack.publish('live:b', { type: 'FeatureCollection', features: [...features, gone] });
  await expect.poll(() => changes.map(idsOf)).toEqual([[[1, 2], [], []]]);
  expect(collection.get(1)).toEqual(train(1, 3, 3));
});

test('messages that leave the gateway together are one change', async () => {
  const { collection, changes } = await collect('live:c');
  const pipeline = stack.publisher.pipeline();
  for (let id = 0; id < 1000; id++) pipeline.publish('live:c', JSON.stringify(train(id, 1, 1)));
  await pipeline.exec();
  await expect.poll(() => collection.size).toBe(1000);
  expect(changes.length).toBeLessThan(500);
});

test('finds ids in each place, and omits features without one', async () => {
  const { collection } = await collect('live:d', { id: ({ properties }) => properties?.number });
  await stack.publish('live:d', train(1, 1, 1), train(1, 2, 2, { number: 'IC 5' }));
  await expect.poll(() => [...collection]).toEqual([['IC 5', train(1, 2, 2, { number: 'IC 5' })]]);
});

test('drops features without an update for their time to live, and no others', async () => {
  const { collection, changes } = await collect('live:e', { ttlMs: scaled(1500) });
  await stack.publish('live:e', train('silent', 1, 1), train('talks', 1, 1));
  await expect.poll(() => collection.size).toBe(2);
  const talk = setInterval(() => void stack.publish('live:e', train('talks', 1, 1)), 50);
  onTestFinished(() => clearInterval(talk));
  await expect.poll(() => collection.has('silent')).toBe(false);
  expect(collection.has('talks')).toBe(true);
  expect(changes.filter(({ removed }) => removed.size > 0).map(idsOf)).toEqual([[[], [], ['silent']]]);
  expect(changes.every(({ entered, left }) => entered.size + left.size === 0)).toBe(true);
  clearInterval(talk);
  await expect.poll(() => collection.size).toBe(0);
});

test('another box drops what is outside it, at once', async () => {
  const { collection, changes } = await collect('live:f');
  const line = {
    type: 'LineString',
    coordinates: [
      [0, 0],
      [10, 10],
    ],
  };
  const across = { type: 'Feature', id: 'across', properties: {}, geometry: line };
  await stack.publish('live:f', train('in', 5, 5), train('out', 50, 5), across);
  await expect.poll(() => collection.size).toBe(3);
  const set = collection.viaduct.setBox([4, 4, 6, 6]);
  expect([...collection].map(([id]) => id)).toEqual(['in', 'across']);
  expect(changes.at(-1)?.removed.size).toBe(1);
  expect([...(changes.at(-1)?.left ?? [])]).toEqual(['out']);
  await set;
});

test('holds nothing outside the box: of a collection that is partly in it, only the features that are', async () => {
  const { collection } = await collect('live:part');
  await collection.viaduct.setBox([0, 0, 10, 10]);
  const parts = (...features: unknown[]): object => ({ type: 'FeatureCollection', features });
  await stack.publish('live:part', parts(train('in', 5, 5), train('out', 50, 5), train('moves', 6, 6)));
  await expect.poll(() => [...collection].map(([id]) => id)).toEqual(['in', 'moves']);
  await stack.publish('live:part', parts(train('in', 5, 6), train('moves', 60, 6)));
  await expect.poll(() => [...collection]).toEqual([['in', train('in', 5, 6)]]);
});

test('an invalid time to live is refused', () => {
  const viaduct = client(gateway.url);
  expect(() => new LiveCollection(viaduct, 'live:g', { ttlMs: 0 })).toThrow(
    /positive number of milliseconds/u,
  );
});
