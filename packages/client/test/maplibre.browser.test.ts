import type { WatchedPage } from '@viaduct/testkit/browser';
import type { GatewayProcess } from '@viaduct/testkit/gateway';
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import type { LivePage } from './pages/maplibre.js';
import { type PageWorld, startPageWorld } from './support/page-world.js';
import { isOfPage } from './support/pages.js';
import { type Stack, train } from './support/stack.js';

declare const live: LivePage;

let world: PageWorld;
let stack: Stack;
let gateway: GatewayProcess;

beforeAll(async () => {
  world = await startPageWorld('maplibre');
  ({ stack } = world);
  // The projection of sessions that name none, which this map does not have.
  gateway = await world.gateway({ DEFAULT_PROJECTION: 'epsg:3857' });
});

function open(): Promise<WatchedPage> {
  return world.open(gateway, (page) =>
    page.evaluate(() => 'live' in globalThis && live.map.getLayer('trains') !== undefined),
  );
}

/** Where in the picture the map has drawn features, rounded to 10 pixels, by their property `id`. */
function drawn(page: Page): Promise<Record<string, number[]>> {
  return page.evaluate(() => {
    const features = live.map.queryRenderedFeatures({ layers: ['trains'] });
    const places = features.map(({ geometry, properties }) => {
      if (geometry.type !== 'Point') throw new Error(`a ${geometry.type} is not a train`);
      const [x = 0, y = 0] = geometry.coordinates;
      const pixel = live.map.project([x, y]);
      return [properties.name, [pixel.x, pixel.y].map((value) => Math.round(value / 10) * 10)];
    });
    return Object.fromEntries(places);
  });
}

test('features appear, move, and disappear', async () => {
  await stack.set('trains', train(1, 8, 47, { name: 'a' }));
  const { page, complaints } = await open();
  await expect.poll(() => drawn(page)).toEqual({ a: [300, 200] });
  await stack.set('trains', train(2, 8, 47.5, { name: 'b' }));
  await stack.set('trains', train(1, 9, 47, { name: 'a' }));
  await expect.poll(() => drawn(page)).toEqual({ a: [390, 200], b: [300, 130] });
  await stack.remove('trains', 1);
  await expect.poll(() => drawn(page)).toEqual({ b: [300, 130] });
  await stack.remove('trains', 2);
  await expect.poll(() => drawn(page)).toEqual({});
  expect(await page.evaluate(() => live.refusals)).toEqual([]);
  expect(complaints.filter(isOfPage)).toEqual([]);
});

test('a feature is found, and has a state, by its id, which may be text', async () => {
  await stack.set('trains', train(5, 8, 47, { name: 'a' }));
  const { page, complaints } = await open();
  await expect.poll(() => drawn(page)).toEqual({ a: [300, 200] });
  const idsAndState = (): Promise<unknown> =>
    page.evaluate(() => {
      const [found] = live.map.queryRenderedFeatures({ layers: ['trains'] });
      return [found?.id, found?.state];
    });
  expect(await idsAndState()).toEqual(['train 5', {}]);
  await page.evaluate(() => live.map.setFeatureState({ source: 'trains', id: 'train 5' }, { hover: true }));
  await expect.poll(idsAndState).toEqual(['train 5', { hover: true }]);
  await stack.set('trains', train(5, 9, 47, { name: 'a' }));
  await expect.poll(() => drawn(page)).toEqual({ a: [390, 200] });
  expect(await idsAndState()).toEqual(['train 5', { hover: true }]);
  await stack.remove('trains', 5);
  expect(complaints.filter(isOfPage)).toEqual([]);
});

test('panning changes what is there', async () => {
  await stack.set('trains', train(3, 8, 47, { name: 'here' }));
  await stack.set('trains', train(4, 179, 60, { name: 'there' }));
  const { page, complaints } = await open();
  await expect.poll(() => drawn(page)).toEqual({ here: [300, 200] });
  expect(await page.evaluate(() => live.collection.size)).toBe(1);
  // The box crosses the antimeridian.
  await page.evaluate(() => void live.map.jumpTo({ center: [-179, 60] }));
  await expect.poll(async () => Object.keys(await drawn(page))).toEqual(['there']);
  expect(await page.evaluate(() => [...live.collection].map(([id]) => id))).toEqual(['train 4']);
  await stack.remove('trains', 3);
  await stack.remove('trains', 4);
  expect(complaints.filter(isOfPage)).toEqual([]);
});

/** Ids and places of what the map has drawn, each once. */
async function drawnIds(page: Page): Promise<string[]> {
  const all = await page.evaluate(() => {
    if (live.map.getLayer('trains') === undefined) return [];
    return live.map.queryRenderedFeatures({ layers: ['trains'] }).map(({ id, geometry }) => {
      if (geometry.type !== 'Point') throw new Error(`a ${geometry.type} is not a train`);
      const { x, y } = live.map.project(geometry.coordinates as [number, number]);
      return `${id} at ${[x, y].map((value) => Math.round(value / 10) * 10)}`;
    });
  });
  return [...new Set(all)].sort();
}

/** How a page adds its layer again: the source is there, or it adds that again as well, before or after the adapter would. */
const PAGES = {
  'the layer': () => live.map.on('style.load', live.show),
  'source and layer': () =>
    live.map.on('style.load', () => {
      live.add();
      live.show();
    }),
  'source and layer at once': () => live.whenStyled.push(live.add, live.show),
};

const CHANGES = [
  'in parts',
  'as a whole',
  'and a page that takes the source along',
  'back to an earlier one',
  'because the graphics card was reset',
] as const;

test.each([
  ['the layer', CHANGES],
  ['source and layer', CHANGES],
  ['source and layer at once', ['as a whole', 'in parts']],
] as const)(
  'after the style changes and the page adds %s again, the map shows the current features with their ids',
  async (added, changes) => {
    const { page, complaints } = await open();
    await page.evaluate(PAGES[added] as () => unknown);
    for (const change of changes) {
      const shows = (...expected: string[]) =>
        expect.poll(() => drawnIds(page), { message: change }).toEqual(expected);
      await stack.set('trains', train(6, 8, 47));
      await stack.set('trains', train(7, 9, 47));
      await shows('train 6 at 300,200', 'train 7 at 390,200');
      await page.evaluate(() => live.remember());
      await stack.remove('trains', 6);
      await expect.poll(() => page.evaluate(() => live.collection.size)).toBe(1);
      await page.evaluate((name) => live.changeStyle[name](), change);
      await shows('train 7 at 390,200');
      await stack.set('trains', train(7, 8, 47));
      await stack.set('trains', train(8, 8, 47.5));
      await shows('train 7 at 300,200', 'train 8 at 300,130');
      await page.evaluate(() =>
        live.map.setFeatureState({ source: 'trains', id: 'train 8' }, { hover: true }),
      );
      const state = () => page.evaluate(() => live.map.getFeatureState({ source: 'trains', id: 'train 8' }));
      await expect.poll(state, { message: change }).toEqual({ hover: true });
      await stack.remove('trains', 7);
      await stack.remove('trains', 8);
      await shows();
    }
    expect(complaints.filter(isOfPage)).toEqual([]);
  },
);
