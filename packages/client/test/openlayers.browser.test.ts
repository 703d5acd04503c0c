import type { WatchedPage } from '@viaduct/testkit/browser';
import type { GatewayProcess } from '@viaduct/testkit/gateway';
import type { Geometry } from 'geojson';
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import type { LivePage } from './pages/openlayers.js';
import { type PageWorld, startPageWorld } from './support/page-world.js';
import { type Stack, train } from './support/stack.js';

declare const live: LivePage;

let world: PageWorld;
let stack: Stack;
let gateway: GatewayProcess;

beforeAll(async () => {
  world = await startPageWorld('openlayers');
  ({ stack } = world);
  gateway = await world.gateway();
});

/** The page, when it has what there is. */
async function open(): Promise<WatchedPage> {
  const watched = await world.open(gateway, (page) =>
    page.evaluate(() => 'live' in globalThis && live.collection.subscription.state === 'live'),
  );
  await expect.poll(() => inForce(watched.page)).toBe(true);
  return watched;
}

/** Whether the gateway has the box and projection of the map, and the page what is in it. */
function inForce(page: Page): Promise<boolean> {
  return page.evaluate(async () => {
    await live.viaduct.get('trains', 'none');
    return live.viaduct.view.box !== null && live.collection.subscription.state === 'live';
  });
}

/** The place of a feature on the map, rounded; null if it is not there. */
function place(page: Page, id: number): Promise<number[] | null> {
  return page.evaluate((wanted) => {
    const point = live.source.getFeatureById(wanted)?.getGeometry();
    return point?.getExtent().slice(0, 2).map(Math.round) ?? null;
  }, id);
}

/** Number of features on the map. */
function count(page: Page): Promise<number> {
  return page.evaluate(() => live.source.getFeatures().length);
}

test('features appear, move in place, and disappear', async () => {
  const { page, complaints } = await open();
  await stack.set('trains', train(1, 8, 47, { speed: 1, old: true }));
  await expect.poll(() => place(page, 1)).toEqual([890556, 5942074]);
  const before = await page.evaluateHandle(() => live.source.getFeatureById(1));
  await stack.set('trains', train(1, 8.1, 47, { speed: 2, geometry: 'a property' }));
  await expect.poll(() => place(page, 1)).toEqual([901688, 5942074]);
  const [same, properties] = await page.evaluate((feature) => {
    const present = live.source.getFeatureById(1);
    const { geometry: _, ...others } = present?.getProperties() ?? {};
    return [present === feature, others] as const;
  }, before);
  expect(same).toBe(true);
  expect(properties).toEqual({ speed: 2 });
  await stack.remove('trains', 1);
  await expect.poll(() => place(page, 1)).toBe(null);
  expect(complaints).toEqual([]);
});

test('a feature may get another type of geometry', async () => {
  const { page, complaints } = await open();
  const typeOf = (): Promise<string | undefined> =>
    page.evaluate(() => live.source.getFeatureById(2)?.getGeometry()?.getType());
  const point = train(2, 8, 47);
  const line: Geometry = {
    type: 'LineString',
    coordinates: [
      [8, 47],
      [8.1, 47],
    ],
  };
  const both: Geometry = { type: 'GeometryCollection', geometries: [point.geometry, line] };
  for (const geometry of [point.geometry, line, both, both, point.geometry]) {
    await stack.set('trains', { ...point, geometry });
    await expect.poll(typeOf).toBe(geometry.type);
  }
  await stack.remove('trains', 2);
  expect(complaints).toEqual([]);
});

test('features that no map can draw do not keep the others off the map', async () => {
  const { page, complaints } = await open();
  const broken = [
    { type: 'Circle', coordinates: [8, 47] },
    { type: 'Point', coordinates: 'here' },
    { type: 'LineString', coordinates: [8, 47] },
  ].map((geometry, i) => ({ type: 'Feature', id: 50 + i, geometry }));
  const bare = { type: 'Feature', id: 60, geometry: train(0, 8, 47).geometry };
  const features = [null, ...broken, bare, { ...train(61, 8, 47), properties: 'text' }, train(62, 8, 47)];
  await stack.publish('trains', { type: 'FeatureCollection', features });
  for (const id of [60, 61, 62]) await expect.poll(() => place(page, id)).toEqual([890556, 5942074]);
  await stack.publish('trains', { ...train(62, 8, 47), geometry: { type: 'Circle' } }, train(61, 8.1, 47));
  await expect.poll(() => place(page, 61)).toEqual([901688, 5942074]);
  for (const id of [50, 51, 52, 60, 61, 62]) await stack.remove('trains', id);
  await expect.poll(() => count(page)).toBe(0);
  expect(complaints).toEqual([]);
});

test('panning changes what is there', async () => {
  await stack.set('trains', train(3, 8, 47));
  await stack.set('trains', train(4, 25, 60));
  const { page, complaints } = await open();
  await expect.poll(() => place(page, 3)).not.toBe(null);
  expect(await place(page, 4)).toBe(null);
  await page.evaluate(() => live.map.getView().setCenter(live.fromLonLat([25, 60])));
  await expect.poll(() => place(page, 4)).not.toBe(null);
  expect(await place(page, 3)).toBe(null);
  // Once round the earth is the same place.
  await page.evaluate(() => live.map.getView().setCenter(live.fromLonLat([368, 47])));
  await expect.poll(() => place(page, 3)).not.toBe(null);
  expect(await place(page, 4)).toBe(null);
  await stack.remove('trains', 3);
  await stack.remove('trains', 4);
  expect(complaints).toEqual([]);
});

test('a view in another projection shows its features, and none at their old places', async () => {
  await stack.set('trains', train(5, 7.44, 46.95));
  const { page, complaints } = await open();
  await expect.poll(() => place(page, 5)).toEqual([828217, 5933917]);
  const left = await page.evaluate(() => {
    live.map.setView(new live.View({ projection: 'EPSG:4326', center: [8, 47], zoom: 8 }));
    return live.source.getFeatures().length;
  });
  expect(left).toBe(0);
  await expect.poll(() => place(page, 5)).toEqual([7, 47]);
  expect(await page.evaluate(() => live.viaduct.view.projection)).toBe('epsg:4326');
  await page.evaluate(() => live.map.setView(new live.View({ center: live.fromLonLat([8, 47]), zoom: 8 })));
  await expect.poll(() => place(page, 5)).toEqual([828217, 5933917]);
  expect(await page.evaluate(() => live.refusals)).toEqual([]);
  await stack.remove('trains', 5);
  expect(complaints).toEqual([]);
});

test('a projection that the gateway does not know is reported, and the map can return to the old one', async () => {
  await stack.set('trains', train(6, 8, 47));
  const { page } = await open();
  await expect.poll(() => place(page, 6)).not.toBe(null);
  await page.evaluate(() => {
    const projection = new live.Projection({ code: 'EPSG:99999', units: 'm', extent: [0, 0, 1e6, 1e6] });
    live.map.setView(new live.View({ projection, center: [0, 0], zoom: 2 }));
  });
  await expect.poll(() => page.evaluate(() => live.refusals.map(String))).toHaveLength(1);
  await page.evaluate(() => live.map.setView(new live.View({ center: live.fromLonLat([8, 47]), zoom: 8 })));
  await expect.poll(() => place(page, 6)).toEqual([890556, 5942074]);
  await stack.remove('trains', 6);
});

test('three thousand features move; none is lost, and none is created again', async () => {
  const { page, complaints } = await open();
  const ids = Array.from({ length: 3000 }, (_, i) => 1000 + i);
  const positions = (offset: number): Promise<void> =>
    stack.setAll(
      'trains',
      ids.map((id) => train(id, 8 + ((id % 50) + offset) / 100, 47)),
    );
  await positions(0);
  await expect.poll(() => count(page)).toBe(3000);
  const feature = await page.evaluateHandle(() => live.source.getFeatureById(1000));
  for (let step = 1; step <= 10; step++) await positions(step);
  await expect.poll(() => place(page, 1000)).toEqual([901688, 5942074]);
  await expect.poll(() => place(page, 3999)).toEqual([956234, 5942074]);
  expect(await page.evaluate((one) => live.source.getFeatureById(1000) === one, feature)).toBe(true);
  expect(await count(page)).toBe(3000);
  await page.evaluate(() => live.map.getView().setCenter(live.fromLonLat([25, 60])));
  await expect.poll(() => count(page)).toBe(0);
  await stack.clear('trains');
  expect(complaints).toEqual([]);
});

test("OpenLayers' own source loads the features in the view over HTTP, and more of them after a pan", async () => {
  const { page, complaints } = await open();
  for (const [id, lon] of [
    [31, 8],
    [32, 8.2],
    [33, 25],
  ] as const) {
    await stack.set('boats', train(id, lon, 47));
  }
  const items = await page.evaluateHandle(() => live.showItems('boats'));
  const places = (): Promise<unknown[]> =>
    items.evaluate((source) =>
      source
        .getFeatures()
        .map((feature) => [
          feature.getId(),
          ...(feature.getGeometry()?.getExtent() ?? []).slice(0, 2).map(Math.round),
        ])
        .sort(),
    );
  // 47 degrees north is 5942074 m, and a degree of longitude 111319.49 m, in EPSG:3857.
  const shown = [
    [31, 890_556, 5_942_074],
    [32, 912_820, 5_942_074],
  ];
  await expect.poll(places).toEqual(shown);
  await page.evaluate(() => live.map.getView().setCenter(live.fromLonLat([25, 47])));
  await expect.poll(places).toEqual([...shown, [33, 2_782_987, 5_942_074]]);
  expect(complaints).toEqual([]);
});

test('the map is filled again after a gateway was killed and restarted', async () => {
  const { page } = await open();
  await stack.set('trains', train(7, 8, 47));
  await expect.poll(() => place(page, 7)).not.toBe(null);
  const { port } = new URL(gateway.url);
  gateway.signal('SIGKILL');
  await gateway.ended;
  await stack.remove('trains', 7);
  await stack.set('trains', train(8, 8, 47));
  gateway = await world.gateway({ PORT: port });
  await expect.poll(() => place(page, 8)).not.toBe(null);
  await expect.poll(() => place(page, 7)).toBe(null);
  expect(await page.evaluate(() => live.viaduct.view.projection)).toBe('epsg:3857');
  await stack.remove('trains', 8);
});
