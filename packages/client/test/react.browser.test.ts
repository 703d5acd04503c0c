import type { WatchedPage } from '@viaduct/testkit/browser';
import type { GatewayProcess } from '@viaduct/testkit/gateway';
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import type { LivePage } from './pages/react.js';
import { type PageWorld, startPageWorld } from './support/page-world.js';
import { type Stack, train } from './support/stack.js';

declare const live: LivePage;

let world: PageWorld;
let stack: Stack;

beforeAll(async () => {
  world = await startPageWorld('react');
  ({ stack } = world);
});

/** The page in strict mode, with a gateway of its own. */
async function open(): Promise<WatchedPage & { gateway: GatewayProcess }> {
  const gateway = await world.gateway({ CHANNELS: 'trains,buses' });
  const watched = await world.open(gateway, async (page) => (await stateOf(page)) === 'live');
  return Object.assign(watched, { gateway });
}

const subscriptions = async (gateway: GatewayProcess): Promise<number> =>
  (await gateway.scrape()).sum('viaduct_subscriptions');
const stateOf = (page: Page): Promise<string | null> => page.locator('#state').textContent();
const listed = async (page: Page): Promise<string[]> => (await page.locator('li').allTextContents()).sort();
const speed = (page: Page): Promise<string | null> => page.locator('#speed').textContent();

test('features appear, change and disappear, and strict mode subscribes once', async () => {
  await stack.clear('trains');
  await stack.set('trains', train(1, 7, 47, { speed: 80 }));
  await stack.set('trains', train(2, 8, 47, { speed: 90 }));
  const { page, gateway, complaints } = await open();
  await expect.poll(() => listed(page)).toEqual(['train 1', 'train 2']);
  await expect.poll(() => speed(page)).toBe('80');
  await stack.set('trains', train(1, 7, 47, { speed: 81 }));
  await expect.poll(() => speed(page)).toBe('81');
  await stack.remove('trains', 1);
  await stack.set('trains', train(3, 7, 47, { speed: 70 }));
  await expect.poll(() => listed(page)).toEqual(['train 2', 'train 3']);
  expect(await speed(page)).toBe('none');
  expect((await gateway.scrape()).sum('viaduct_commands_total', { command: 'SUB' })).toBe(1);
  expect(complaints).toEqual([]);
});

test('a component is rendered for its own feature, and not for others', async () => {
  await stack.clear('trains');
  await stack.set('trains', train(1, 7, 47, { speed: 80 }));
  const { page } = await open();
  await expect.poll(() => speed(page)).toBe('80');
  const before = await page.evaluate(() => ({ ...live.renderings }));
  await stack.set('trains', train(2, 8, 47, { speed: 90 }));
  await expect.poll(() => listed(page)).toEqual(['train 1', 'train 2']);
  const after = await page.evaluate(() => ({ ...live.renderings }));
  expect(after.list).toBeGreaterThan(before.list);
  expect(after.speed).toBe(before.speed);
});

test('another channel replaces the collection, and unmounting ends it', async () => {
  await stack.clear('trains');
  await stack.set('trains', train(1, 7, 47, { speed: 80 }));
  await stack.set('buses', train(5, 7, 47, { speed: 30 }));
  const { page, gateway, complaints } = await open();
  await expect.poll(() => listed(page)).toEqual(['train 1']);
  await page.evaluate(() => live.setChannel('buses'));
  await expect.poll(() => listed(page)).toEqual(['train 5']);
  await page.evaluate(() => live.setChannel('secrets'));
  await expect.poll(() => stateOf(page)).toMatch(/^ended: .*secrets/u);
  expect(await listed(page)).toEqual([]);
  // The other component follows a train all the time.
  await expect.poll(() => subscriptions(gateway)).toBe(1);
  await page.evaluate(() => live.unmount());
  await expect.poll(() => subscriptions(gateway)).toBe(0);
  expect(complaints.filter((complaint) => !complaint.includes('secrets'))).toEqual([]);
});

test('the state follows the connection, and the features those of the gateway that is back', async () => {
  await stack.clear('trains');
  await stack.set('trains', train(1, 7, 47, { speed: 80 }));
  const { page, gateway } = await open();
  await expect.poll(() => listed(page)).toEqual(['train 1']);
  const { port } = new URL(gateway.url);
  gateway.signal('SIGKILL');
  await gateway.ended;
  await expect.poll(() => stateOf(page)).toMatch(/^offline: /u);
  await stack.remove('trains', 1);
  await stack.set('trains', train(2, 7, 47, { speed: 80 }));
  await world.gateway({ CHANNELS: 'trains,buses', PORT: port });
  await expect.poll(() => stateOf(page)).toBe('live');
  await expect.poll(() => listed(page)).toEqual(['train 2']);
});
