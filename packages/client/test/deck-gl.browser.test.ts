import type { WatchedPage } from '@viaduct/testkit/browser';
import type { GatewayProcess } from '@viaduct/testkit/gateway';
import type { Page } from 'playwright-core';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { LivePage } from './pages/deck-gl.js';
import { type PageWorld, startPageWorld } from './support/page-world.js';
import { isOfPage } from './support/pages.js';
import { type Stack, train } from './support/stack.js';

declare const live: LivePage;

let world: PageWorld;
let stack: Stack;
let gateway: GatewayProcess;

beforeAll(async () => {
  world = await startPageWorld('deck-gl');
  ({ stack } = world);
  gateway = await world.gateway();
});

beforeEach(() => stack.clear('trains'));

function open(): Promise<WatchedPage> {
  return world.open(gateway, (page) =>
    page.evaluate(
      () =>
        'live' in globalThis &&
        live.collection.subscription.state === 'live' &&
        live.viaduct.view.box !== null,
    ),
  );
}

/** Places on the canvas of 600 by 400 pixels. At zoom 6, a world is 512 * 2^6 pixels wide: a degree of longitude is 91. */
const MIDDLE = [300, 200] as const;
const A_DEGREE_EAST = [391, 200] as const;

function picked(page: Page, [x, y]: readonly [number, number]): Promise<string | null> {
  return page.evaluate(([px, py]) => live.picked(px, py), [x, y] as const);
}

const rows = (page: Page): Promise<number> => page.evaluate(() => live.collection.size);

test('features are drawn in their places, move, and disappear', async () => {
  await stack.set('trains', train(1, 8, 47, { name: 'a' }));
  const { page, complaints } = await open();
  await expect.poll(() => picked(page, MIDDLE)).toBe('a');
  expect(await picked(page, A_DEGREE_EAST)).toBe(null);
  await stack.set('trains', train(1, 9, 47, { name: 'a' }));
  await expect.poll(() => picked(page, A_DEGREE_EAST)).toBe('a');
  expect(await picked(page, MIDDLE)).toBe(null);
  await stack.set('trains', train(2, 8, 47, { name: 'b' }));
  await expect.poll(() => picked(page, MIDDLE)).toBe('b');
  await stack.remove('trains', 1);
  await expect.poll(() => picked(page, A_DEGREE_EAST)).toBe(null);
  expect(await picked(page, MIDDLE)).toBe('b');
  await stack.remove('trains', 2);
  await expect.poll(() => picked(page, MIDDLE)).toBe(null);
  expect(complaints.filter(isOfPage)).toEqual([]);
});

test('only what has changed is computed again', async () => {
  // Beside the map, so that nothing hides the one that moves.
  for (let id = 100; id < 300; id++) await stack.set('trains', train(id, 5, 46, { name: 'many' }));
  await stack.set('trains', train(1, 8, 47, { name: 'a' }));
  const { page } = await open();
  await expect.poll(() => rows(page)).toBe(201);
  const computed = (): Promise<unknown[]> => page.evaluate(() => [...live.computed]);
  await expect.poll(async () => (await computed()).length).toBe(201);
  await expect.poll(() => picked(page, MIDDLE)).toBe('a');
  await page.evaluate(() => live.computed.clear());
  await stack.set('trains', train(1, 9, 47, { name: 'a' }));
  await expect.poll(() => picked(page, A_DEGREE_EAST)).toBe('a');
  expect(await computed()).toEqual([1]);
});

test('panning changes what is there, until the follower is stopped', async () => {
  await stack.set('trains', train(3, 8, 47, { name: 'here' }));
  await stack.set('trains', train(4, 25, 60, { name: 'there' }));
  const { page, complaints } = await open();
  await expect.poll(() => picked(page, MIDDLE)).toBe('here');
  const move = (longitude: number, latitude: number): Promise<void> =>
    page.evaluate(
      ([x, y]) => {
        live.deck.setProps({ initialViewState: { longitude: x, latitude: y, zoom: 6 } });
        live.follower.moved();
      },
      [longitude, latitude] as const,
    );
  await move(25, 60);
  await expect.poll(() => picked(page, MIDDLE)).toBe('there');
  expect(await rows(page)).toBe(1);
  expect(complaints.filter(isOfPage)).toEqual([]);
});
