import type { Feature, GeometryCollection, Point } from 'geojson';
import { expect, expectTypeOf, test } from 'vitest';
import {
  type CollectionChange,
  type ConnectionError,
  LiveCollection,
  type SubscriptionEvent,
  type ViaductError,
} from '../src/index.js';
import { client, startStack, train } from './support/stack.js';

interface Train {
  speed: number;
}

type LiveTrain = Feature<Point | GeometryCollection, Train>;

// The compiler checks the types; the test runs what it has checked.
test('features, events and errors have the types that the program names', async () => {
  const stack = await startStack();
  const gateway = await stack.gateway();
  const viaduct = client(gateway.url);
  const speeds: number[] = [];
  const subscription = viaduct.subscribe<Train, Point>('typed', {
    onFeature: ({ properties: { speed } }) => speeds.push(speed),
    onState: ({ error }) => expectTypeOf(error).toEqualTypeOf<ViaductError | ConnectionError | null>(),
  });
  expectTypeOf(subscription[Symbol.asyncIterator]().next)
    .returns.resolves.toHaveProperty('value')
    .toEqualTypeOf<SubscriptionEvent<Train, Point> | undefined>();
  const collection = new LiveCollection<Train, Point>(viaduct, 'typed', {
    id: ({ properties }) => properties.speed,
  });
  collection.on('change', (change) => {
    expectTypeOf(change).toEqualTypeOf<CollectionChange<Train, Point>>();
    for (const { properties } of change.added.values()) speeds.push(properties.speed);
  });
  expectTypeOf(collection.get(1)).toEqualTypeOf<LiveTrain | undefined>();
  expectTypeOf([...collection]).toEqualTypeOf<[string | number, LiveTrain][]>();
  // What takes any collection takes this one.
  expectTypeOf(collection).toExtend<LiveCollection>();
  expectTypeOf(subscription).toExtend<ReturnType<typeof viaduct.subscribe>>();
  await Promise.all([subscription.ready, collection.subscription.ready]);
  await stack.publish('typed', train(1, 7, 47, { speed: 80 }));
  await expect.poll(() => speeds).toEqual([80, 80]);
  expect(collection.get(80)?.properties.speed).toBe(80);
});
