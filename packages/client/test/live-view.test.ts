import type { GatewayProcess } from '@viaduct/testkit/gateway';
import { scaled } from '@viaduct/testkit/wait';
import { beforeAll, describe, expect, test } from 'vitest';
import { type CollectionChange, LiveCollection, type SubscriptionEvent, type Viaduct } from '../src/index.js';
import { client, idsOf, type Stack, startStack, train } from './support/stack.js';

let stack: Stack;
let gateway: GatewayProcess;

beforeAll(async () => {
  stack = await startStack();
  gateway = await stack.gateway({ EXPIRE: `view:expire=${scaled(1000)}ms` });
});

/** A collection with the box from 0 to 10.5 degrees. */
async function collect(viaduct: Viaduct, channel: string): Promise<LiveCollection> {
  await viaduct.setBox([0, 40, 10.5, 50]);
  const collection = new LiveCollection(viaduct, channel);
  await collection.subscription.ready;
  return collection;
}

/** What the gateway has been asked and has read so far. */
async function work(of: GatewayProcess): Promise<{ subs: number; reads: number; snapshots: number }> {
  const scrape = await of.scrape();
  return {
    subs: scrape.sum('viaduct_commands_total', { command: 'SUB' }),
    reads: scrape.sum('viaduct_live_reads_total'),
    snapshots: scrape.sum('viaduct_snapshots_sent_total'),
  };
}

test('a pan sends only a box: what has entered arrives, what has left is dropped, and nothing is requested or read again', async () => {
  const own = await stack.gateway();
  await stack.trains('view:pan', 1, 5, 9, 12, 20);
  const viaduct = client(own.url);
  const seen: unknown[] = [];
  const collection = await collect(viaduct, 'view:pan');
  expect(idsOf(collection)).toEqual([1, 5, 9]);
  const before = await work(own);
  const watching = (async () => {
    for await (const event of collection.subscription)
      seen.push(event.type === 'feature' ? event.id : event.type);
  })();
  await viaduct.setBox([8, 40, 12.5, 50]);
  await expect.poll(() => seen).toEqual([12, 'removal', 'removal', 'view']);
  expect(idsOf(collection)).toEqual([12, 9]);
  await viaduct.setBox([8, 40, 12.6, 50]);
  await expect.poll(() => seen.slice(4)).toEqual(['view']);
  expect(await work(own)).toEqual(before);
  await collection.close();
  await watching;
});

test('features that move out of the view or are removed are dropped, without a time to live', async () => {
  await stack.trains('view:leave', 1, 2, 3);
  const collection = await collect(client(gateway.url), 'view:leave');
  const reasons: unknown[] = [];
  collection.viaduct.subscribe('view:leave', {
    live: true,
    onRemove: (id, { reason }) => reasons.push([id, reason]),
  });
  await expect.poll(() => collection.subscription.state).toBe('live');
  await stack.set('view:leave', train(1, 30, 47));
  await stack.remove('view:leave', 2);
  await expect.poll(() => idsOf(collection)).toEqual([3]);
  await stack.set('view:leave', train(1, 4, 47));
  await expect.poll(() => idsOf(collection)).toEqual([1, 3]);
  expect(reasons).toEqual([
    [1, 'leave'],
    [2, 'remove'],
  ]);
});

test('features that nothing updates are dropped when the gateway says so', async () => {
  const collection = await collect(client(gateway.url), 'view:expire');
  await stack.publish('view:expire', train(1, 1, 47));
  await expect.poll(() => idsOf(collection)).toEqual([1]);
  await expect.poll(() => idsOf(collection)).toEqual([]);
});

test('collections of one channel share a subscription, and a plain one receives only what is published', async () => {
  const own = await stack.gateway();
  await stack.trains('view:share', 1, 12);
  const viaduct = client(own.url);
  await viaduct.setBox([0, 40, 10.5, 50]);
  const first = new LiveCollection(viaduct, 'view:share');
  const second = new LiveCollection(viaduct, 'view:share', { id: ({ id }) => `train ${id}` });
  const plain: SubscriptionEvent[] = [];
  viaduct.subscribe('view:share', { onBatch: (events) => plain.push(...events) });
  await Promise.all([first.subscription.ready, second.subscription.ready]);
  expect([idsOf(first), idsOf(second)]).toEqual([[1], ['train 1']]);
  expect(plain).toEqual([]);
  expect(await work(own)).toMatchObject({ subs: 1, reads: 1 });
  await stack.set('view:share', train(1, 30, 47));
  await stack.set('view:share', train(2, 2, 47));
  await stack.remove('view:share', 2);
  await expect
    .poll(() => plain.map((event) => 'id' in event && [event.type, event.id]))
    .toEqual([
      ['feature', 2],
      ['removal', 2],
    ]);
  expect([idsOf(first), idsOf(second)]).toEqual([[], []]);
});

test('after a lost connection the collection holds exactly the view, whatever happened meanwhile', async () => {
  const own = await stack.gateway();
  await stack.trains('view:lost', 1, 2, 12, 13);
  const viaduct = client(own.url);
  const collection = await collect(viaduct, 'view:lost');
  own.signal('SIGKILL');
  await own.ended;
  await expect.poll(() => viaduct.state).toBe('connecting');
  await stack.remove('view:lost', 1);
  await stack.set('view:lost', train(13, 3, 47));
  const moved = viaduct.setBox([1.5, 40, 12.5, 50]);
  await stack.gateway({ PORT: new URL(own.url).port });
  await moved;
  await expect.poll(() => idsOf(collection)).toEqual([12, 13, 2]);
  await expect.poll(() => collection.subscription.state).toBe('live');
  await stack.set('view:lost', train(2, 0, 47));
  await expect.poll(() => idsOf(collection)).toEqual([12, 13]);
});

test('a collection is complete only when it holds the features in the latest box, also while others still arrive', async () => {
  const own = await stack.gateway({ VIEW_CHANGES_PER_SECOND: '0' });
  const trains = Array.from({ length: 3_000 }, (_, i) => train(i, i / 100, 47));
  await stack.setAll('view:complete', trains);
  const viaduct = client(own.url);
  const collection = await collect(viaduct, 'view:complete');
  /** What it held when it was complete, and what was in the box then. */
  const counts: { readonly held: string; readonly inBox: string }[] = [];
  collection.on('complete', () => {
    const [minX = 0, , maxX = 0] = viaduct.view.box ?? [];
    const inBox = (id: unknown): boolean => Number(id) / 100 >= minX && Number(id) / 100 <= maxX;
    const all = trains.filter(({ id }) => inBox(id));
    const held = [...collection].filter(([id]) => inBox(id));
    counts.push({ held: `${held.length} of ${collection.size}`, inBox: `${all.length} of ${all.length}` });
  });
  for (let i = 0; i < 150; i++) {
    const minX = ((7 * i) % 25) + 0.005;
    await viaduct.setBox([minX, 40, minX + 1 + (i % 4), 50]);
  }
  await expect.poll(() => counts.length).toBeGreaterThan(0);
  expect(counts.map(({ held }) => held)).toEqual(counts.map(({ inBox }) => inBox));
});

/** Ids of a change, or of several. */
type ChangedIds = Record<keyof CollectionChange, unknown[]>;

/** Waits until the changes since the last call add up to these sets; those that are not named must be empty. */
function follow(collection: LiveCollection): (expected: Partial<ChangedIds>) => Promise<void> {
  const nothing = (): ChangedIds => ({ added: [], entered: [], updated: [], removed: [], left: [] });
  let changed = nothing();
  collection.on('change', (change) => {
    for (const name of Object.keys(changed) as (keyof ChangedIds)[])
      changed[name] = [...changed[name], ...change[name].keys()].sort();
  });
  return async (expected) => {
    await expect.poll(() => changed).toEqual({ ...nothing(), ...expected });
    changed = nothing();
  };
}

test('a change distinguishes what is new or gone in the data from what has entered or left the view', async () => {
  const channel = 'view:tell';
  await stack.trains(channel, 1, 9, 12);
  const viaduct = client(gateway.url);
  await viaduct.setBox([0, 40, 10.5, 50]);
  const collection = new LiveCollection(viaduct, channel);
  const expectChange = follow(collection);
  await expectChange({ added: [1, 9], entered: [1, 9] });
  await collection.subscription.ready;
  await stack.set(channel, train(2, 2, 47));
  await expectChange({ added: [2] });
  await stack.set(channel, train(2, 30, 47));
  await expectChange({ removed: [2], left: [2] });
  await stack.set(channel, train(2, 3, 47));
  await expectChange({ added: [2], entered: [2] });
  await stack.set(channel, train(12, 4, 47));
  await expectChange({ added: [12], entered: [12] });
  await stack.set(channel, train(12, 12, 47));
  await expectChange({ removed: [12], left: [12] });
  await stack.remove(channel, 2);
  await expectChange({ removed: [2] });
  await stack.set(channel, train(2, 4, 47));
  await expectChange({ added: [2] });
  await stack.set(channel, train(2, 4.1, 47));
  await expectChange({ updated: [2] });
  await viaduct.setBox([8, 40, 12.5, 50]);
  await expectChange({ added: [12], entered: [12], removed: [1, 2], left: [1, 2] });
  void viaduct.setProjection('epsg:3857', { box: [0, 0, 1_200_000, 20_000_000] });
  await expectChange({ added: [1, 2, 9], entered: [1, 2, 9], removed: [12, 9], left: [12, 9] });
});

describe('features are known by', () => {
  const numbered = (number: string, x: number, id?: number): object => {
    const { id: _, ...feature } = train(0, x, 47, { number });
    return id === undefined ? feature : { ...feature, id };
  };

  test('the property that the gateway uses, if they have no id', async () => {
    const own = await stack.gateway({ FEATURE_ID_PROPERTY: 'number' });
    const viaduct = client(own.url);
    await viaduct.setBox([0, 40, 10.5, 50]);
    const byName = new LiveCollection(viaduct, 'view:number', { id: 'number' });
    const byFunction = new LiveCollection(viaduct, 'view:number', {
      id: ({ properties }) => properties?.number,
    });
    const ids = (): unknown[] => [idsOf(byName), idsOf(byFunction)];
    await Promise.all([byName.subscription.ready, byFunction.subscription.ready]);
    await stack.publish('view:number', numbered('IC 5', 5), numbered('IC 6', 6), numbered('IC 7', 7));
    await expect.poll(ids).toEqual([
      ['IC 5', 'IC 6', 'IC 7'],
      ['IC 5', 'IC 6', 'IC 7'],
    ]);
    await stack.publish('view:number', numbered('IC 5', 30));
    await expect.poll(ids).toEqual([
      ['IC 6', 'IC 7'],
      ['IC 6', 'IC 7'],
    ]);
    await viaduct.setBox([6.5, 40, 10.5, 50]);
    await expect.poll(ids).toEqual([['IC 7'], ['IC 7']]);
  });

  test('what a function returns, whatever the gateway calls them', async () => {
    const viaduct = client(gateway.url);
    await viaduct.setBox([0, 40, 10.5, 50]);
    const collection = new LiveCollection(viaduct, 'view:named', {
      id: ({ properties }) => properties?.number,
    });
    await collection.subscription.ready;
    // The gateway's id of each is the collection's id of the other.
    await stack.publish('view:named', { ...train(1, 1, 47), properties: { number: 2 } });
    await stack.publish('view:named', { ...train(2, 2, 47), properties: { number: 1 } });
    await expect.poll(() => idsOf(collection)).toEqual([1, 2]);
    await stack.publish('view:named', { ...train(1, 30, 47), properties: { number: 2 } });
    await expect.poll(() => idsOf(collection)).toEqual([1]);
    // Again from the beginning, in other coordinates.
    await viaduct.setProjection('epsg:3857', { box: [0, 0, 1_200_000, 20_000_000] });
    await expect.poll(() => idsOf(collection)).toEqual([1]);
    await stack.publish('view:named', { ...train(2, 30, 47), properties: { number: 1 } });
    await expect.poll(() => idsOf(collection)).toEqual([]);
  });
});

describe('another projection', () => {
  const metres = (collection: LiveCollection): unknown[] =>
    Array.from(collection.values(), ({ geometry }) => 'coordinates' in geometry && geometry.coordinates);

  test('brings everything again', async () => {
    await stack.trains('view:project', 1, 2, 12);
    const viaduct = client(gateway.url);
    const collection = await collect(viaduct, 'view:project');
    const set = viaduct.setProjection('epsg:3857', { box: [0, 0, 1_200_000, 20_000_000], precision: 1 });
    expect(collection.size).toBe(0);
    await set;
    await expect.poll(() => idsOf(collection)).toEqual([1, 2]);
    // PROJ 9.1.1: echo 47 1 | cs2cs EPSG:4326 EPSG:3857, and 47 2
    expect(metres(collection)).toEqual([
      [111319, 5942074],
      [222639, 5942074],
    ]);
  });

  test('has the box in its coordinates, even if it is requested while a new session gets another box', async () => {
    await stack.trains('view:begin', 1, 2, 12);
    const viaduct = client(gateway.url);
    const collection = new LiveCollection(viaduct, 'view:begin');
    void viaduct.setBox([5, 40, 6, 50]);
    await new Promise<void>((resolve) => {
      viaduct.on('state', (state) => state === 'open' && resolve());
    });
    // The box is on its way to the gateway.
    await viaduct.setProjection('epsg:3857', { box: [0, 0, 1_200_000, 20_000_000] });
    await expect.poll(() => idsOf(collection)).toEqual([1, 2]);
  });

  test('that is given up before it takes effect, or is refused, leaves everything as it was', async () => {
    await stack.trains('view:back', 1, 2, 12);
    const viaduct = client(gateway.url);
    const collection = await collect(viaduct, 'view:back');
    const away = viaduct.setProjection('epsg:3857', { box: [0, 0, 1, 1] });
    const back = viaduct.setProjection('epsg:4326', { box: [0, 40, 10.5, 50] });
    await Promise.all([away, back]);
    await expect.poll(() => idsOf(collection)).toEqual([1, 2]);
    const refused = viaduct.setProjection('epsg:99999', { box: [0, 0, 1, 1] });
    await expect(refused).rejects.toMatchObject({ code: 'unknown_crs' });
    await expect.poll(() => idsOf(collection)).toEqual([1, 2]);
    await stack.set('view:back', train(2, 30, 47));
    await expect.poll(() => idsOf(collection)).toEqual([1]);
  });
});
