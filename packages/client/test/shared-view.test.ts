import type { GatewayProcess } from '@viaduct/testkit/gateway';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Box, type IdOf, LiveCollection, type SubscriptionEvent, type Viaduct } from '../src/index.js';
import { onTraffic } from '../src/testing.js';
import { client, idsOf, type Stack, startStack, train } from './support/stack.js';

const BOX: Box = [0, 40, 10.5, 50];
const MANY = 2_000;

let stack: Stack;
let gateway: GatewayProcess;

beforeAll(async () => {
  stack = await startStack();
  gateway = await stack.gateway({ FEATURE_ID_PROPERTY: 'number' });
});

/** Fills the hash of a channel with trains in the box. */
async function fill(channel: string, count: number, properties: object = {}): Promise<void> {
  const fields: string[] = [];
  for (let id = 0; id < count; id++) fields.push(String(id), JSON.stringify(train(id, 5, 47, properties)));
  await stack.publisher.hset(channel, ...fields);
}

/** A client whose view is the box. */
async function viewer(): Promise<Viaduct> {
  const viaduct = client(gateway.url);
  await viaduct.setBox(BOX);
  return viaduct;
}

/** Resolves with the next time that a collection is complete. */
function completed(collection: LiveCollection): Promise<void> {
  return new Promise((resolve) => collection.once('complete', resolve));
}

/** The gateway's own count of what it was asked for, has read and has sent as whole views. */
async function work(): Promise<Record<string, number>> {
  const scrape = await gateway.scrape();
  return {
    subs: scrape.sum('viaduct_commands_total', { command: 'SUB' }),
    dels: scrape.sum('viaduct_commands_total', { command: 'DEL' }),
    reads: scrape.sum('viaduct_live_reads_total'),
    snapshots: scrape.sum('viaduct_snapshots_sent_total'),
  };
}

describe('another collection of a channel', () => {
  test('gets the set that the first one holds: nothing is requested, and nothing is sent again', async () => {
    await fill('share:set', MANY);
    const viaduct = await viewer();
    let bytes = 0;
    onTraffic(viaduct, (count) => {
      bytes += count;
    });
    const first = new LiveCollection(viaduct, 'share:set');
    await completed(first);
    const [before, whole] = [await work(), bytes];
    expect(first.size).toBe(MANY);
    const second = new LiveCollection(viaduct, 'share:set', { id: ({ id }) => `train ${id}` });
    const entered: number[] = [];
    second.on('change', (change) => entered.push(change.entered.size));
    await Promise.all([completed(second), second.subscription.ready]);
    expect(entered).toEqual([MANY]);
    expect(second.get('train 17')).toBe(first.get(17));
    // What follows reaches both, once.
    await stack.set('share:set', train(1, 30, 47));
    await stack.set('share:set', train(2, 3, 47));
    for (const [collection, name] of [
      [first, (id: number): unknown => id],
      [second, (id: number): unknown => `train ${id}`],
    ] as const) {
      await expect.poll(() => collection.has(name(1) as number)).toBe(false);
      await expect
        .poll(() => collection.get(name(2) as number)?.geometry)
        .toEqual({ type: 'Point', coordinates: [3, 47] });
    }
    expect(await work()).toEqual(before);
    // Of the channel, only the two changes.
    expect(bytes - whole).toBeLessThan(whole / 100);
  });

  test('lives on when the others are closed, and others then share its set', async () => {
    await fill('share:close', 3);
    const viaduct = await viewer();
    const first = new LiveCollection(viaduct, 'share:close');
    await completed(first);
    const second = new LiveCollection(viaduct, 'share:close');
    await completed(second);
    const before = await work();
    await first.close();
    await stack.set('share:close', train(7, 7, 47));
    await expect.poll(() => idsOf(second)).toEqual([0, 1, 2, 7]);
    expect(idsOf(first)).toEqual([0, 1, 2]);
    await stack.remove('share:close', 0);
    await expect.poll(() => idsOf(second)).toEqual([1, 2, 7]);
    const third = new LiveCollection(viaduct, 'share:close');
    await completed(third);
    expect(idsOf(third)).toEqual([1, 2, 7]);
    expect(await work()).toEqual(before);
    await Promise.all([second.close(), third.close()]);
    expect((await work()).dels).toBe((before.dels ?? 0) + 1);
  });

  test('that is created while the first set arrives has all of it', async () => {
    await fill('share:during', MANY, { filler: 'x'.repeat(500) });
    const viaduct = await viewer();
    const before = await work();
    const first = new LiveCollection(viaduct, 'share:during');
    const second = await new Promise<LiveCollection>((resolve) => {
      first.once('change', () => resolve(new LiveCollection(viaduct, 'share:during')));
    });
    await Promise.all([first, second].map(({ subscription }) => subscription.ready));
    await expect.poll(() => [first.size, second.size]).toEqual([MANY, MANY]);
    expect((await work()).snapshots).toBe((before.snapshots ?? 0) + 1);
  });

  test('that is created while the box changes has what is in the new one', async () => {
    await stack.trains('share:pan', 1, 5, 9, 12);
    const viaduct = await viewer();
    const first = new LiveCollection(viaduct, 'share:pan');
    await completed(first);
    const before = await work();
    void viaduct.setBox([4, 40, 12.5, 50]);
    const second = new LiveCollection(viaduct, 'share:pan');
    await Promise.all([completed(first), completed(second)]);
    expect([idsOf(first), idsOf(second)]).toEqual([
      [12, 5, 9],
      [12, 5, 9],
    ]);
    expect(await work()).toEqual(before);
  });

  test('that is created while the projection changes has no coordinates of the old one', async () => {
    await stack.set('share:project', train(1, 1, 47));
    const viaduct = await viewer();
    const first = new LiveCollection(viaduct, 'share:project');
    await completed(first);
    const set = viaduct.setProjection('epsg:3857', { box: [0, 0, 1_200_000, 20_000_000], precision: 1 });
    const second = new LiveCollection(viaduct, 'share:project');
    const seen: unknown[] = [];
    second.on('change', ({ added }) => seen.push(...[...added.values()].map(({ geometry }) => geometry)));
    await Promise.all([set, completed(second)]);
    // PROJ 9.1.1: echo 47 1 | cs2cs EPSG:4326 EPSG:3857
    const place = { type: 'Point', coordinates: [111319, 5942074] };
    await expect.poll(() => [first, second].map((each) => each.get(1)?.geometry)).toEqual([place, place]);
    expect(new Set(seen.map((each) => JSON.stringify(each)))).toEqual(new Set([JSON.stringify(place)]));
  });

  test('is requested if the first one may lack something: values without an id', async () => {
    const { id: _, ...nameless } = train(0, 5, 47, { number: 'IC 5' });
    await stack.publisher.hset('share:nameless', 'a', JSON.stringify(nameless), 'b', '"closed"');
    const viaduct = await viewer();
    const first = new LiveCollection(viaduct, 'share:nameless');
    await completed(first);
    expect(first.size).toBe(0);
    const second = new LiveCollection(viaduct, 'share:nameless', { id: 'number' });
    await completed(second);
    expect(idsOf(second)).toEqual(['IC 5']);
    const messages: unknown[] = [];
    const third = viaduct.subscribe('share:nameless', {
      live: true,
      onMessage: (content) => messages.push(content),
    });
    await third.ready;
    expect(messages).toEqual(['closed']);
  });
});

test.each<[string, string, IdOf | string]>([
  ['a function', 'function', ({ properties }) => properties?.name],
  ['a property', 'property', 'name'],
])(
  'features that only %s of the client identifies are shared until they are removed',
  async (_, name, id) => {
    const channel = `share:removed:${name}`;
    const viaduct = await viewer();
    const first = new LiveCollection(viaduct, channel, { id });
    await completed(first);
    const [gone, kept] = ['gone', 'kept'].map((name) => {
      const { id: _, ...nameless } = train(0, 5, 47, { name });
      return nameless;
    });
    await stack.publish(channel, gone, kept);
    await expect.poll(() => idsOf(first)).toEqual(['gone', 'kept']);
    await stack.publish(channel, { ...gone, geometry: null });
    await expect.poll(() => idsOf(first)).toEqual(['kept']);
    const second = new LiveCollection(viaduct, channel, { id });
    await completed(second);
    expect(idsOf(second)).toEqual(['kept']);
  },
);

test('another subscription gets the events of a snapshot, with the times at which the gateway received the features', async () => {
  await fill('share:events', 2);
  const viaduct = await viewer();
  const seen: SubscriptionEvent[][] = [[], []];
  const subscribe = async (to: SubscriptionEvent[] | undefined): Promise<string[]> => {
    const states: string[] = [];
    const subscription = viaduct.subscribe('share:events', {
      live: true,
      onBatch: (events) => to?.push(...events),
      onState: ({ state }) => states.push(state),
    });
    await subscription.ready;
    await expect.poll(() => to?.at(-1)?.type).toBe('view');
    return states;
  };
  expect(await subscribe(seen[0])).toEqual(['snapshot', 'live']);
  expect(await subscribe(seen[1])).toEqual(['live']);
  expect(seen[1]).toEqual(seen[0]);
  expect(seen[1]?.map(({ type }) => type)).toEqual([
    'snapshot_begin',
    'feature',
    'feature',
    'snapshot_end',
    'view',
  ]);
});
