import type { WatchedPage } from '@viaduct/testkit/browser';
import type { GatewayProcess } from '@viaduct/testkit/gateway';
import type { Geometry } from 'geojson';
import type { Page } from 'playwright-core';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { LivePage } from './pages/leaflet.js';
import { type PageWorld, startPageWorld } from './support/page-world.js';
import { type Stack, train } from './support/stack.js';

declare const live: LivePage;

let world: PageWorld;
let stack: Stack;
let gateway: GatewayProcess;

beforeAll(async () => {
  world = await startPageWorld('leaflet');
  ({ stack } = world);
  gateway = await world.gateway({ DEFAULT_PROJECTION: 'epsg:3857' });
});

beforeEach(() => stack.clear('trains'));

function open(): Promise<WatchedPage> {
  return world.open(gateway, (page) =>
    page.evaluate(() => 'live' in globalThis && live.collection.subscription.state === 'live'),
  );
}

const shown = (page: Page): Promise<Record<string, unknown>> => page.evaluate(() => live.shown());

// The map is 600 pixels wide and 400 high, and a world of Web Mercator is 256 * 2^7 pixels wide at zoom 7: a degree of
// longitude is 91 pixels, and the marker at 47.5 degrees north is 67 pixels above the middle at 47 degrees.
test('features appear, move with their popups open, change their looks, and disappear', async () => {
  await stack.set('trains', train(1, 8, 47, { name: 'a', speed: 80 }));
  const { page, complaints } = await open();
  await expect.poll(() => shown(page)).toEqual({ a: [[300, 200], '#00f'] });
  await page.evaluate(() => void (live.layer.getLayers()[0] as L.Layer).openPopup());
  await stack.set('trains', train(2, 8, 47.5, { name: 'b', speed: 80 }));
  await stack.set('trains', train(1, 9, 47, { name: 'a', speed: 120 }));
  await expect.poll(() => shown(page)).toEqual({ a: [[390, 200], '#f00'], b: [[300, 130], '#00f'] });
  expect(await page.locator('.leaflet-popup-content').textContent()).toBe('train 1');
  await stack.remove('trains', 1);
  await expect.poll(() => shown(page)).toEqual({ b: [[300, 130], '#00f'] });
  expect(await page.locator('path.leaflet-interactive').count()).toBe(1);
  expect(complaints).toEqual([]);
});

test('a feature may get another type of geometry, and may be filtered out and come back', async () => {
  const { page, complaints } = await open();
  const point = train(1, 8, 47, { name: 'a', speed: 80 });
  const line: Geometry = {
    type: 'LineString',
    coordinates: [
      [8, 47],
      [8.1, 47],
    ],
  };
  const line2: Geometry = { ...line, coordinates: [...line.coordinates].reverse() };
  for (const [geometry, look] of [
    [point.geometry, [300, 200]],
    [line, 'LineString'],
    [line2, 'LineString'],
    [point.geometry, [300, 200]],
  ] as const) {
    await stack.set('trains', { ...point, geometry });
    await expect.poll(() => shown(page)).toEqual({ a: [look, '#00f'] });
  }
  await stack.set('trains', { ...point, properties: { hidden: true } });
  await expect.poll(() => shown(page)).toEqual({});
  await stack.set('trains', point);
  await expect.poll(() => shown(page)).toEqual({ a: [[300, 200], '#00f'] });
  await stack.remove('trains', 1);
  await expect.poll(() => shown(page)).toEqual({});
  expect(complaints).toEqual([]);
});

test('panning changes what is there', async () => {
  await stack.set('trains', train(3, 8, 47, { name: 'here' }));
  await stack.set('trains', train(4, 179, 60, { name: 'there' }));
  const { page, complaints } = await open();
  await expect.poll(async () => Object.keys(await shown(page))).toEqual(['here']);
  // The box crosses the antimeridian.
  await page.evaluate(() => void live.map.setView([60, 181], 6, { animate: false }));
  await expect.poll(async () => Object.keys(await shown(page))).toEqual(['there']);
  expect(await page.evaluate(() => live.viaduct.view.projection)).toBe('epsg:4326');
  await page.evaluate(() => {
    live.stop();
    live.map.setView([47, 8], 7, { animate: false });
  });
  expect(await page.evaluate(() => live.refusals)).toEqual([]);
  expect(complaints).toEqual([]);
});
