import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import type { LivePage } from './pages/smooth.js';
import { type PageWorld, startPageWorld } from './support/page-world.js';
import { isOfPage } from './support/pages.js';
import { train } from './support/stack.js';

declare const live: LivePage;

let world: PageWorld;
let url: string;

beforeAll(async () => {
  world = await startPageWorld('smooth');
  ({ url } = await world.gateway());
});

/** The page, with points that take that many milliseconds to their new places. */
function open(ms: number) {
  const isReady = (page: Page) =>
    page.evaluate(() => 'live' in globalThis && live.isReady() && live.viaduct.view.box !== null);
  return world.open({ url: `${url}/?ms=${ms}` }, isReady);
}

/** The longitudes of a train in OpenLayers and in MapLibre. */
function longitudes(page: Page, id: number): Promise<(number | null)[]> {
  return page.evaluate((wanted) => live.longitudes(wanted), id);
}

test('points move to their new places on both maps, unless the user prefers reduced motion', async () => {
  const { stack } = world;
  // Longer than anybody waits here, so that they do not arrive.
  const { page, complaints } = await open(120_000);
  await stack.set('trains', train(1, 8, 47));
  await expect.poll(() => longitudes(page, 1)).toEqual([8, 8]);
  await stack.set('trains', train(1, 8.2, 47));
  await expect
    .poll(async () => (await longitudes(page, 1)).map((x) => x !== null && x > 8 && x < 8.2))
    .toEqual([true, true]);
  expect(await page.evaluate(() => live.collection.get(1)?.geometry)).toMatchObject({
    coordinates: [8.2, 47],
  });
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await stack.set('trains', train(1, 8.3, 47));
  await expect.poll(() => longitudes(page, 1)).toEqual([8.3, 8.3]);
  await stack.remove('trains', 1);
  await expect.poll(() => longitudes(page, 1)).toEqual([null, null]);
  expect(complaints.filter(isOfPage)).toEqual([]);
});

test('two thousand points that move end exactly at their places in Redis', async () => {
  const { stack } = world;
  const { page, complaints } = await open(500);
  const IDS = Array.from({ length: 2000 }, (_, i) => i + 100);
  for (let step = 0; step < 4; step++) {
    await stack.setAll(
      'trains',
      IDS.map((id) => train(id, 8 + step / 10 + id / 1e5, 47)),
    );
  }
  for (const id of [100, 1000, 2099]) {
    await expect.poll(() => longitudes(page, id)).toEqual([8.3 + id / 1e5, 8.3 + id / 1e5]);
  }
  expect(complaints.filter(isOfPage)).toEqual([]);
});
