import type { GatewayProcess } from '@viaduct/testkit/gateway';
import { beforeAll, describe, expect, test } from 'vitest';
import { ConnectionError, LiveCollection, type StateChange, ViaductError } from '../src/index.js';
import { client, type Stack, startStack, train } from './support/stack.js';

let stack: Stack;
let gateway: GatewayProcess;

beforeAll(async () => {
  stack = await startStack();
  gateway = await stack.gateway({ CHANNELS: 'get*,sub*,view*' });
});

describe('get', () => {
  test('resolves with the values of a hash, or of one field', async () => {
    await stack.publisher.hset('get:a', { 17: JSON.stringify(train(17, 7, 47)), 18: '"text"', n: 'null' });
    const viaduct = client(gateway.url);
    const values = await viaduct.get('get:a');
    expect(values).toHaveLength(2);
    expect(values).toEqual(expect.arrayContaining([train(17, 7, 47), 'text']));
    expect(await viaduct.get('get:a', '18')).toBe('text');
    expect(await viaduct.get('get:a', 'nothing')).toBe(null);
    expect(await viaduct.get('get:nothing')).toEqual([]);
  });

  test('simultaneous calls get their own answers', async () => {
    await stack.publisher.hset(
      'get:b',
      Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`f${i}`, `${i}`])),
    );
    const viaduct = client(gateway.url);
    const numbers = Array.from({ length: 50 }, (_, i) => i);
    expect(await Promise.all(numbers.map((i) => viaduct.get('get:b', `f${i}`)))).toEqual(numbers);
  });

  test('throws what the gateway refuses, typed', async () => {
    const refused = await client(gateway.url)
      .get('secret')
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ViaductError);
    expect(refused).toMatchObject({ code: 'not_allowed', command: expect.stringContaining('secret') });
  });

  test('throws a ConnectionError with the reason if there is no gateway', async () => {
    const viaduct = client('http://127.0.0.1:9', { timeoutMs: 300 });
    const failed = await viaduct.get('get:a').catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(ConnectionError);
    expect(failed).toMatchObject({ problem: 'timeout', message: expect.stringMatching(/cannot connect/u) });
  });
});

describe('subscribe', () => {
  test('calls for features, removals and other messages, in order', async () => {
    const seen: unknown[] = [];
    const subscription = client(gateway.url).subscribe('sub:a', {
      onFeature: ({ id }) => seen.push(['feature', id]),
      onRemove: (id) => seen.push(['removal', id]),
      onMessage: (content) => seen.push(['message', content]),
    });
    await subscription.ready;
    const collection = { type: 'FeatureCollection', features: [train(2, 1, 1), train(3, 1, 1)] };
    await stack.publish('sub:a', train(1, 0, 0), collection, { delay: 5 });
    await stack.remove('sub:a', 2);
    await expect.poll(() => seen.length).toBe(5);
    expect(seen).toEqual([
      ['feature', 1],
      ['feature', 2],
      ['feature', 3],
      ['message', { delay: 5 }],
      ['removal', 2],
    ]);
  });

  test('works with for await, and ends the loop with the subscription', async () => {
    const viaduct = client(gateway.url);
    const subscription = viaduct.subscribe('sub:b');
    await subscription.ready;
    const ids: unknown[] = [];
    const loop = (async () => {
      for await (const event of subscription) {
        if (event.type !== 'feature') continue;
        ids.push(event.id);
        if (ids.length === 3) await subscription.unsubscribe();
      }
    })();
    await stack.publish('sub:b', train(1, 0, 0), train(2, 0, 0), train(3, 0, 0));
    await loop;
    expect(ids).toEqual([1, 2, 3]);
    expect(subscription.state).toBe('ended');
  });

  test('a refused channel ends the subscription with the error, everywhere', async () => {
    const states: StateChange[] = [];
    const subscription = client(gateway.url).subscribe('secret', {
      onState: (change) => states.push(change),
    });
    const error = await subscription.ready.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'ViaductError', code: 'not_allowed' });
    expect(states.map(({ state }) => state)).toEqual(['ended']);
    await expect(subscription[Symbol.asyncIterator]().next()).rejects.toBe(error);
  });

  test('two subscriptions to a channel share it; the gateway learns only of the end of the last one', async () => {
    const viaduct = client(gateway.url);
    const counts = [0, 0];
    const [a, b] = [0, 1].map((i) =>
      viaduct.subscribe('sub:c', { onFeature: () => (counts[i] = (counts[i] ?? 0) + 1) }),
    );
    await Promise.all([a?.ready, b?.ready]);
    await stack.publish('sub:c', train(1, 0, 0));
    await expect.poll(() => counts).toEqual([1, 1]);
    await a?.unsubscribe();
    await stack.publish('sub:c', train(1, 0, 0));
    await expect.poll(() => counts).toEqual([1, 2]);
    await b?.unsubscribe();
    await expect.poll(() => stack.publisher.pubsub('NUMSUB', 'sub:c')).toEqual(['sub:c', 0]);
  });
});

describe('setBox and setProjection', () => {
  test('the box is in the projection, whichever was set first', async () => {
    await stack.publisher.hset('view:a', {
      1: JSON.stringify(train(1, 7, 47)),
      2: JSON.stringify(train(2, 20, 60)),
    });
    const viaduct = client(gateway.url);
    await viaduct.setBox([5, 45, 10, 48]);
    expect(await viaduct.get('view:a')).toEqual([train(1, 7, 47)]);
    await viaduct.setProjection('epsg:3857', {
      box: [2_000_000, 8_000_000, 3_000_000, 9_000_000],
      precision: 1,
    });
    expect(await viaduct.get('view:a')).toEqual([train(2, 2_226_390, 8_399_738)]);
    await viaduct.setProjection('epsg:4326', { box: [5, 45, 10, 48] });
    expect(await viaduct.get('view:a')).toEqual([train(1, 7, 47)]);
    await viaduct.setProjection('epsg:3857', {
      box: [2_000_000, 8_000_000, 3_000_000, 9_000_000],
      precision: 1,
    });
    expect(await viaduct.get('view:a')).toEqual([train(2, 2_226_390, 8_399_738)]);
  });

  test('a projection that the gateway refuses leaves projection and box as they were', async () => {
    await stack.publisher.hset('view:b', {
      1: JSON.stringify(train(1, 7, 47)),
      2: JSON.stringify(train(2, 20, 60)),
    });
    const viaduct = client(gateway.url);
    await viaduct.setBox([5, 45, 10, 48]);
    const refused = viaduct.setProjection('epsg:99999', { box: [0, 0, 1, 1] });
    await expect(refused).rejects.toMatchObject({ code: 'unknown_crs' });
    expect(viaduct.view).toMatchObject({ projection: null, box: [5, 45, 10, 48] });
    expect(await viaduct.get('view:b')).toEqual([train(1, 7, 47)]);
  });

  test('nothing is delivered in the old projection from the call on', async () => {
    const viaduct = client(gateway.url);
    const collection = new LiveCollection(viaduct, 'view:c', { snapshot: false });
    await collection.subscription.ready;
    let id = 0;
    const feed = setInterval(() => void stack.publish('view:c', train(id++ % 50, 7, 47)), 1);
    try {
      await expect.poll(() => collection.size).toBe(50);
      const inDegrees = (): boolean =>
        [...collection.values()].some(({ geometry }) => {
          return geometry.type === 'Point' && (geometry.coordinates[0] ?? 0) < 1000;
        });
      expect(inDegrees()).toBe(true);
      const seen: boolean[] = [];
      collection.on('change', () => seen.push(inDegrees()));
      for (const crs of ['epsg:3857', 'epsg:2056', 'epsg:3035']) {
        await viaduct.setProjection(crs);
        await expect.poll(() => collection.size).toBe(50);
      }
      expect(seen.length).toBeGreaterThan(3);
      expect(seen).not.toContain(true);
    } finally {
      clearInterval(feed);
    }
  });

  test('if views follow each other, the last one applies', async () => {
    const viaduct = client(gateway.url);
    const boxes = Array.from({ length: 30 }, (_, i) => viaduct.setBox([i, 0, i + 1, 1]));
    const projected = viaduct.setProjection('epsg:3857', { box: [0, 0, 10, 10] });
    await Promise.all([...boxes, projected]);
    expect(viaduct.view).toMatchObject({ projection: 'epsg:3857', box: [0, 0, 10, 10] });
  });

  test('numbers that are not a box are refused before they are sent', async () => {
    const viaduct = client(gateway.url);
    await expect(viaduct.setBox([0, 1, 1, 0])).rejects.toThrow(RangeError);
    await expect(viaduct.setBox([0, Number.NaN, 1, 0])).rejects.toThrow(/four finite numbers/u);
  });
});
