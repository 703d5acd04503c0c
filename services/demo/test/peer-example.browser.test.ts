import { fileURLToPath } from 'node:url';
import { createGateway, type Gateway, loadConfig } from '@viaduct/gateway';
import { type Envelope, parseEnvelope } from '@viaduct/protocol';
import { launchBrowser, openPage, type WatchedPage } from '@viaduct/testkit/browser';
import { type LocalRedis, startLocalRedis } from '@viaduct/testkit/redis';
import { Redis } from 'ioredis';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const CHANNELS = ['example_channel_1', 'example_channel_2'];

/** Radius of the sphere of EPSG:3857, in metres. */
const RADIUS = 6_378_137;

let browser: Browser;
let server: LocalRedis;
let redis: Redis;
let gateway: Gateway;
let url: string;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startLocalRedis()]);
  redis = new Redis(server.url);
  const config = loadConfig({
    PORT: '0',
    REDIS_URL: server.url,
    CHANNELS: 'example_channel_*',
    PAGE_DIR: fileURLToPath(new URL('data/peer-example/', import.meta.url)),
    LOG_LEVEL: 'silent',
  });
  gateway = createGateway(config);
  ({ url } = await gateway.start());
});

afterAll(async () => {
  await browser?.close();
  await gateway?.close({ drainMs: 0 });
  redis?.disconnect();
  await server?.stop();
});

/** A feature as the peer's users publish it: in degrees. */
function feature(id: string, lon: number, lat: number): string {
  return JSON.stringify({
    type: 'Feature',
    geometry: { type: 'Point', coordinates: [lon, lat] },
    properties: { id },
  });
}

/** Opens the example, and waits until it is connected. */
async function openExample(): Promise<WatchedPage> {
  const watched = await openPage(browser);
  await watched.visit(url, async (page) => (await page.locator('#messages li').count()) > 0);
  return watched;
}

async function messages(page: Page): Promise<Envelope[]> {
  return (await page.locator('#messages li').allTextContents()).map(parseEnvelope);
}

interface PointFeature {
  geometry: { coordinates: number[] };
  properties: { id: string };
}

async function featuresFrom(page: Page, source: string): Promise<PointFeature[]> {
  const envelopes = (await messages(page)).filter((envelope) => envelope.source === source);
  return envelopes.flatMap(({ content }) => (content === null ? [] : [content as PointFeature]));
}

async function idsFrom(page: Page, source: string): Promise<string[]> {
  return (await featuresFrom(page, source)).map(({ properties }) => properties.id).sort();
}

async function pointsFrom(page: Page, source: string): Promise<number[][]> {
  return (await featuresFrom(page, source)).map(({ geometry }) => geometry.coordinates);
}

describe('the example client of redis_websocket_api, unchanged', () => {
  it('gets the initial data and the feed: projected, and only what is in its box', async () => {
    await redis.hset('example_channel_1', { in: feature('in', 6, 10), out: feature('out', -6, 10) });
    await redis.hset('example_channel_2', { b1: feature('b1', 9, 45), b2: feature('b2', 13, 52.9) });
    const { page, complaints } = await openExample();

    await expect.poll(() => idsFrom(page, 'example_channel_1')).toEqual(['in']);
    await expect.poll(() => idsFrom(page, 'example_channel_2')).toEqual(['b1', 'b2']);
    const [opening] = await messages(page);
    expect(opening).toMatchObject({
      source: 'websocket',
      content: { status: 'open' },
      client_reference: null,
    });

    await expect.poll(() => subscribers()).toEqual([1, 1]);
    await redis.publish('example_channel_1', feature('too far north', 6, 54));
    await redis.publish('example_channel_1', feature('live', 12, 30));
    await redis.publish('example_channel_2', feature('live too', 9, 45));
    await expect.poll(() => idsFrom(page, 'example_channel_1')).toEqual(['in', 'live']);
    await expect.poll(() => idsFrom(page, 'example_channel_2')).toEqual(['b1', 'b2', 'live too']);

    const [x, y] = (await pointsFrom(page, 'example_channel_1'))[1] ?? [];
    expect(x).toBeCloseTo((RADIUS * 12 * Math.PI) / 180, 2);
    expect(y).toBeCloseTo(RADIUS * Math.asinh(Math.tan(Math.PI / 6)), 2);
    expect(complaints).toEqual([]);
  });

  it('leaves nothing subscribed when its page is closed', async () => {
    const { page } = await openExample();
    await expect.poll(() => subscribers()).toEqual([1, 1]);
    await page.context().close();
    await expect.poll(() => subscribers()).toEqual([0, 0]);
  });
});

/** How many subscribers Redis counts on each of the example's channels. */
async function subscribers(): Promise<number[]> {
  const answer: unknown[] = await redis
    .call('PUBSUB', 'NUMSUB', ...CHANNELS)
    .then((list) => list as unknown[]);
  return answer.filter((_, index) => index % 2 === 1).map(Number);
}
