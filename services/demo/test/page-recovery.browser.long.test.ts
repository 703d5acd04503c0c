import { launchBrowser } from '@viaduct/testkit/browser';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { type LocalRedis, startLocalRedis } from '@viaduct/testkit/redis';
import { Redis } from 'ioredis';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type RedisFeed, startRedisFeed } from '../src/redis-feed.js';
import {
  ensurePage,
  expectOnlyTheBox,
  expectVehicles,
  keepPicture,
  openStartPage,
  stateOf,
  textOf,
} from './support/start-page.js';

let browser: Browser;
let server: LocalRedis;
let redis: Redis;
let feed: RedisFeed;
let pageDir: string;

beforeAll(async () => {
  [browser, server, pageDir] = await Promise.all([launchBrowser(), startLocalRedis(), ensurePage()]);
  redis = new Redis(server.url);
  feed = await startRedisFeed(server.url, { count: 300, rate: 30, speedup: 60, seed: 1 }, () => undefined);
});

afterAll(async () => {
  await browser?.close();
  await feed?.stop();
  redis?.disconnect();
  await server?.stop();
});

function serve(port = '0'): Promise<GatewayProcess> {
  return startGateway({
    REDIS_URL: server.url,
    CHANNELS: 'demo:trains,demo:planes,demo:feed',
    PAGE_DIR: pageDir,
    PORT: port,
  });
}

/** A train that stays in the middle of the map, and says so every second until it is removed. */
async function parkTrain(id: string): Promise<{ remove(): Promise<void> }> {
  const train = {
    type: 'Feature',
    id,
    geometry: { type: 'Point', coordinates: [7.3, 47.1] },
    properties: { type: 'train', name: id, next: 'Bern', speed: 0, heading: 0 },
  };
  const text = JSON.stringify(train);
  await redis.hset('demo:trains', id, text);
  const timer = setInterval(() => void redis.publish('demo:trains', text), 1000);
  const remove = async (): Promise<void> => {
    clearInterval(timer);
    await redis.hdel('demo:trains', id);
    await redis.publish(
      'demo:trains',
      JSON.stringify({ type: 'Feature', id, geometry: null, properties: null }),
    );
  };
  onTestFinished(remove);
  return { remove };
}

/** Goes from vehicle to vehicle until the wanted one is selected; false if it is not there. */
async function select(page: Page, wanted: string): Promise<boolean> {
  await page.locator('#map').focus();
  for (let step = 0; step < 400; step += 1) {
    await page.keyboard.press('Enter');
    if ((await textOf(page, 'details-id')) === wanted) return true;
  }
  return false;
}

describe('a page whose connection breaks', () => {
  it('reports that its gateway was killed, and continues with the one that replaces it', async () => {
    const gateway = await serve();
    const { page, complaints, frames } = await openStartPage(browser, gateway.url);
    await expectVehicles(page, 20);
    expect(complaints).toEqual([]);
    await page.evaluate('window.isTheSamePage = true');

    gateway.signal('SIGKILL');
    await expect.poll(() => stateOf(page)).toBe('lost');
    await expect.poll(() => textOf(page, 'status-text')).toBe('Reconnecting');
    await expect.poll(() => textOf(page, 'countdown')).toMatch(/^in \d+ s$/);
    await keepPicture(page, 'connection-lost');
    await gateway.ended;

    await serve(new URL(gateway.url).port);
    const before = frames.received.length;
    await expect.poll(() => stateOf(page)).toBe('open');
    expect(await textOf(page, 'status-text')).toBe('Live');
    await expect.poll(() => frames.received.length).toBeGreaterThan(before + 60);
    await expectOnlyTheBox(frames);
    await expectVehicles(page, 20);
    expect(await page.evaluate('window.isTheSamePage')).toBe(true);
    // Chromium itself reports each request that found nobody; the page has nothing to add.
    expect(complaints.filter((text) => !text.includes('net::ERR_'))).toEqual([]);
  });

  it('shows a break and recovery at the press of a button, and drops what disappeared meanwhile', async () => {
    const gateway = await serve();
    const parked = await parkTrain('parked');
    const { page, complaints } = await openStartPage(browser, gateway.url, {
      viewport: { width: 1440, height: 900 },
    });
    await expectVehicles(page, 20);
    expect(await select(page, 'parked')).toBe(true);

    await page.getByRole('button', { name: 'Break the connection' }).click();
    // So that the page does not come back by itself in the middle of this.
    await page.context().setOffline(true);
    await expect.poll(() => stateOf(page)).toBe('lost');
    await parked.remove();
    const retry = page.getByRole('button', { name: 'Try now' });
    await expect.poll(() => retry.isVisible()).toBe(true);
    // The button that takes the other's place takes its focus, too.
    await expect.poll(() => retry.evaluate((button) => button === document.activeElement)).toBe(true);
    await page.context().setOffline(false);
    await page.keyboard.press('Enter');
    await expect.poll(() => stateOf(page)).toBe('open');
    await expect.poll(() => page.locator('#details').isVisible()).toBe(false);
    await expectVehicles(page, 20);
    expect(await page.getByRole('button', { name: 'Break the connection' }).isEnabled()).toBe(true);
    // Chromium itself reports each attempt without a network.
    expect(complaints.filter((text) => !text.includes('net::ERR_'))).toEqual([]);
  });
});
