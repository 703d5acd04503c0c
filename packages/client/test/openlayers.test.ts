import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, openPage, WAIT } from '../../../services/demo/test/support/browser.js';
import type { GatewayProcess } from '../../../services/gateway/test/support/gateway.js';
import type { LivePage } from './pages/openlayers.js';
import { buildPage } from './support/pages.js';
import { type Stack, startStack, train } from './support/stack.js';

declare const live: LivePage;

let stack: Stack;
let gateway: GatewayProcess;
let browser: Browser;

beforeAll(async () => {
  const [directory] = await Promise.all([
    buildPage('test/pages/openlayers.ts'),
    startStack().then((started) => {
      stack = started;
    }),
    launchBrowser().then((launched) => {
      browser = launched;
    }),
  ]);
  gateway = await stack.gateway({ PAGE_DIR: directory });
});

afterAll(() => browser?.close());

/** The page, when it has subscribed. */
async function open(): Promise<{ page: Page; complaints: string[] }> {
  const watched = await openPage(browser);
  await watched.visit(`${gateway.url}/#plain`, (page) =>
    page.evaluate(() => 'live' in globalThis && live.collection.subscription.state === 'live'),
  );
  await expect.poll(() => watched.page.evaluate(() => live.viaduct.view.box !== null), WAIT).toBe(true);
  await watched.page.evaluate(() => live.viaduct.get('trains'));
  return watched;
}

/** Where the map has a feature, rounded; null where it has none. */
function place(page: Page, id: number): Promise<number[] | null> {
  return page.evaluate((wanted) => {
    const feature = live.source.getFeatureById(wanted);
    if (feature === null || Array.isArray(feature)) return null;
    return feature.getGeometry()?.getExtent().slice(0, 2).map(Math.round) ?? null;
  }, id);
}

test('features appear, move in place, and go', async () => {
  const { page, complaints } = await open();
  await stack.publish('trains', train(1, 8, 47, { speed: 1, old: true }), train(2, 100, 10));
  await expect.poll(() => place(page, 1), WAIT).toEqual([890556, 5942074]);
  expect(await place(page, 2)).toBe(null);
  const before = await page.evaluateHandle(() => live.source.getFeatureById(1));
  await stack.publish('trains', train(1, 8.1, 47, { speed: 2 }));
  await expect.poll(() => place(page, 1), WAIT).toEqual([901688, 5942074]);
  const [same, properties] = await page.evaluate((feature) => {
    const present = live.source.getFeatureById(1);
    if (present === null || Array.isArray(present)) throw new Error('no feature');
    const { geometry: _, ...others } = present.getProperties();
    return [present === feature, others] as const;
  }, before);
  expect(same).toBe(true);
  expect(properties).toEqual({ speed: 2 });
  await stack.remove('trains', 1);
  await expect.poll(() => place(page, 1), WAIT).toBe(null);
  expect(complaints).toEqual([]);
});
