import type { GatewayProcess } from '@viaduct/testkit/gateway';
import { beforeAll, describe, expect, test } from 'vitest';
import { LiveCollection, type StateChange, type SubscriptionEvent } from '../src/index.js';
import { client, idsOf, type Stack, startStack, train } from './support/stack.js';

let stack: Stack;

beforeAll(async () => {
  stack = await startStack();
});

const STREAMS = { STREAMS: 'stream*' };

/** Ends a gateway and starts another one in its place after `meanwhile`. */
async function restart(gateway: GatewayProcess, meanwhile: () => Promise<unknown>, env = {}): Promise<void> {
  const { port } = new URL(gateway.url);
  gateway.signal('SIGKILL');
  await gateway.ended;
  await meanwhile();
  await stack.gateway({ PORT: port, ...env });
}

describe('a collection', () => {
  test('has the current state, then the changes', async () => {
    const gateway = await stack.gateway();
    await stack.trains('snap:a', 1, 2, 3);
    const collection = new LiveCollection(client(gateway.url), 'snap:a');
    await collection.subscription.ready;
    expect(idsOf(collection)).toEqual([1, 2, 3]);
    await stack.set('snap:a', train(4, 4, 47));
    await stack.remove('snap:a', 1);
    await expect.poll(() => idsOf(collection)).toEqual([2, 3, 4]);
  });

  test('has exactly the current state after a lost connection', async () => {
    const gateway = await stack.gateway();
    await stack.trains('snap:b', 1, 2);
    const collection = new LiveCollection(client(gateway.url), 'snap:b');
    const changes: Partial<StateChange>[] = [];
    collection.on('state', ({ state, gap }) => changes.push({ state, gap }));
    await collection.subscription.ready;
    await restart(gateway, async () => {
      await stack.remove('snap:b', 1);
      await stack.set('snap:b', train(3, 3, 47));
    });
    await expect.poll(() => idsOf(collection)).toEqual([2, 3]);
    await expect.poll(() => collection.subscription.state).toBe('live');
    expect(changes.map(({ state }) => state)).toEqual(['snapshot', 'live', 'offline', 'snapshot', 'live']);
    expect(changes.some(({ gap }) => gap)).toBe(false);
  });

  test('follows the box: features outside the new box disappear, and those in it appear', async () => {
    const gateway = await stack.gateway();
    for (let id = 1; id <= 20; id++) await stack.set('snap:c', train(id, id, 47));
    const viaduct = client(gateway.url);
    await viaduct.setBox([0, 40, 10.5, 50]);
    const collection = new LiveCollection(viaduct, 'snap:c');
    await collection.subscription.ready;
    expect(collection.size).toBe(10);
    await viaduct.setBox([8, 40, 12.5, 50]);
    await expect.poll(() => idsOf(collection)).toEqual([10, 11, 12, 8, 9]);
    for (let x = 1; x <= 30; x++) void viaduct.setBox([x / 10, 40, 15.5, 50]);
    await expect.poll(() => idsOf(collection).length).toBe(13);
  });

  test('has all features in the new projection after a change, and none in the old one', async () => {
    const gateway = await stack.gateway();
    for (let id = 1; id <= 20; id++) await stack.set('snap:d', train(id, id, 47));
    const viaduct = client(gateway.url);
    const collection = new LiveCollection(viaduct, 'snap:d');
    await collection.subscription.ready;
    const projected = viaduct.setProjection('epsg:3857', { box: [0, 0, 1_000_000, 20_000_000] });
    expect(collection.size).toBe(0);
    await projected;
    await expect.poll(() => idsOf(collection)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    for (const { geometry } of collection.values()) {
      expect(geometry).toMatchObject({ coordinates: [expect.any(Number), expect.closeTo(5942074, -1)] });
    }
  });

  test('and a plain subscription to the same channel do not disturb each other', async () => {
    const gateway = await stack.gateway();
    await stack.set('snap:e', train(1, 1, 47));
    const viaduct = client(gateway.url);
    const plain: SubscriptionEvent[] = [];
    const subscription = viaduct.subscribe('snap:e', { onBatch: (events) => plain.push(...events) });
    const collection = new LiveCollection(viaduct, 'snap:e');
    await Promise.all([subscription.ready, collection.subscription.ready]);
    expect(idsOf(collection)).toEqual([1]);
    expect(plain).toEqual([]);
    await stack.set('snap:e', train(2, 2, 47));
    await expect.poll(() => idsOf(collection)).toEqual([1, 2]);
    expect(plain.map((event) => event.type === 'feature' && event.id)).toEqual([2]);
  });
});

test('after Redis was unreachable, snapshots are sent again, and other subscriptions report the gap', async () => {
  const own = await startStack();
  const gateway = await own.gateway();
  const viaduct = client(gateway.url);
  await own.set('gap:a', train(1, 1, 47));
  const collection = new LiveCollection(viaduct, 'gap:a');
  const gaps: boolean[] = [];
  const plain = viaduct.subscribe('gap:b', { onState: ({ gap }) => gaps.push(gap) });
  await Promise.all([collection.subscription.ready, plain.ready]);
  await own.redis.kill();
  await own.redis.start();
  await own.set('gap:a', train(2, 2, 47));
  await expect.poll(() => idsOf(collection)).toEqual([2]);
  await expect.poll(() => gaps).toEqual([false, true]);
  expect(viaduct.state).toBe('open');
});

describe('a channel that is a Redis Stream', () => {
  const add = (channel: string, id: number): Promise<string | null> =>
    stack.publisher.xadd(channel, '*', 'data', JSON.stringify(train(id, id, 47)));

  test('continues where the connection was lost: nothing is missed, nothing arrives twice', async () => {
    const gateway = await stack.gateway(STREAMS);
    const seen: unknown[] = [];
    const changes: Partial<StateChange>[] = [];
    const subscription = client(gateway.url).subscribe('stream:a', {
      onFeature: ({ id }) => seen.push(id),
      onState: ({ state, gap, recovered }) => changes.push({ state, gap, recovered }),
    });
    await subscription.ready;
    await add('stream:a', 1);
    await expect.poll(() => seen).toEqual([1]);
    await restart(gateway, () => Promise.all([2, 3, 4].map((id) => add('stream:a', id))), STREAMS);
    await expect.poll(() => seen.length).toBe(4);
    await add('stream:a', 5);
    await expect.poll(() => seen).toEqual([1, 2, 3, 4, 5]);
    expect(changes.at(-1)).toEqual({ state: 'live', gap: false, recovered: true });
  });

  test('gets a snapshot anyway if the box has changed meanwhile', async () => {
    const gateway = await stack.gateway(STREAMS);
    const channel = 'stream:moved';
    for (const id of [1, 20]) {
      await stack.publisher.hset(`${channel}:state`, String(id), JSON.stringify(train(id, id, 47)));
    }
    const viaduct = client(gateway.url);
    await viaduct.setBox([0, 40, 10, 50]);
    const collection = new LiveCollection(viaduct, channel);
    await collection.subscription.ready;
    await add(channel, 2);
    await expect.poll(() => idsOf(collection)).toEqual([1, 2]);
    let moved: Promise<void> | undefined;
    await restart(
      gateway,
      async () => {
        moved = viaduct.setBox([15, 40, 25, 50]);
      },
      STREAMS,
    );
    await moved;
    await expect.poll(() => idsOf(collection)).toEqual([20]);
  });

  test('begins after the known entry, and reports if that is gone', async () => {
    const gateway = await stack.gateway(STREAMS);
    const known = (await add('stream:b', 1)) ?? '';
    await add('stream:b', 2);
    const viaduct = client(gateway.url);
    const seen: unknown[] = [];
    await viaduct.subscribe('stream:b', { since: known, onFeature: ({ id }) => seen.push(id) }).ready;
    await expect.poll(() => seen).toEqual([2]);
    await add('stream:b', 3);
    await stack.publisher.xtrim('stream:b', 'MAXLEN', 1);
    const changes: StateChange[] = [];
    const later = client(gateway.url).subscribe('stream:b', {
      since: known,
      onState: (change) => changes.push(change),
    });
    await later.ready;
    expect(changes).toEqual([{ state: 'live', gap: true, recovered: false, error: null }]);
  });

  test('that was recreated is followed from its beginning, whatever ids it had before', async () => {
    const gateway = await stack.gateway(STREAMS);
    const seen: unknown[] = [];
    const gaps: boolean[] = [];
    const subscription = client(gateway.url).subscribe('stream:c', {
      since: '99999999999999-0',
      onFeature: ({ id }) => seen.push(id),
      onState: ({ gap }) => gaps.push(gap),
    });
    await subscription.ready;
    await add('stream:c', 1);
    await expect.poll(() => seen).toEqual([1]);
    expect(gaps).toEqual([true]);
  });
});
