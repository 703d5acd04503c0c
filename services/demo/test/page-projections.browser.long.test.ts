import { resolveCrs } from '@viaduct/geo-worker';
import { launchBrowser } from '@viaduct/testkit/browser';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { type LocalRedis, startLocalRedis } from '@viaduct/testkit/redis';
import { scaled } from '@viaduct/testkit/wait';
import { Redis } from 'ioredis';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Box, Frames } from './support/frames.js';
import {
  chooseCrs,
  ensurePage,
  keepPicture,
  openStartPage,
  settledBox,
  textOf,
} from './support/start-page.js';

type LonLat = readonly [longitude: number, latitude: number];

const VIEWPORT = { width: 1440, height: 900 };

/** Where something is to be seen in each CRS, clear of the panels, and places on land and at sea beside it. */
const CASES: readonly { code: string; plane: LonLat; land: LonLat; sea: LonLat; zoomOut?: number }[] = [
  { code: 'EPSG:3857', plane: [8.2, 47.1], land: [9.3, 48.7], sea: [8.3, 43.6] },
  { code: 'EPSG:4326', plane: [8.2, 47.1], land: [9.3, 48.7], sea: [8.3, 43.6] },
  { code: 'EPSG:3035', plane: [8.2, 47.1], land: [9.3, 48.7], sea: [4.3, 55.6] },
  { code: 'EPSG:2056', plane: [8.2, 47.1], land: [9.3, 47.2], sea: [8.6, 43.9], zoomOut: 1 },
  { code: 'EPSG:3995', plane: [-40.2, 75.1], land: [-42.3, 71.7], sea: [0.5, 82.3] },
  { code: 'EPSG:3031', plane: [130.2, -75.1], land: [100.3, -77.7], sea: [-120.3, -60.6] },
];

let browser: Browser;
let server: LocalRedis;
let redis: Redis;
let gateway: GatewayProcess;

beforeAll(async () => {
  const [PAGE_DIR] = await Promise.all([ensurePage(), startRedis()]);
  [browser, gateway] = await Promise.all([
    launchBrowser(),
    startGateway({ REDIS_URL: server.url, CHANNELS: 'demo:trains,demo:planes,demo:feed', PAGE_DIR }),
  ]);
});

afterAll(async () => {
  await browser?.close();
  redis?.disconnect();
  await server?.stop();
});

async function startRedis(): Promise<void> {
  server = await startLocalRedis();
  redis = new Redis(server.url);
}

/** A plane that does not move. */
async function place(id: string, [longitude, latitude]: LonLat): Promise<void> {
  const feature = {
    type: 'Feature',
    id,
    geometry: { type: 'Point', coordinates: [longitude, latitude, 10_000] },
    properties: { type: 'plane', name: `To ${id}`, next: 'Nowhere', speed: 800, heading: 0 },
  };
  await redis.hset('demo:planes', id, JSON.stringify(feature));
  await redis.publish('demo:planes', JSON.stringify(feature));
}

async function remove(id: string): Promise<void> {
  await redis.hdel('demo:planes', id);
  await redis.publish(
    'demo:planes',
    JSON.stringify({ type: 'Feature', id, geometry: null, properties: null }),
  );
}

/** Where the gateway's own projection says that a place is on the screen. */
async function pixelOf(
  code: string,
  box: Box,
  [longitude, latitude]: LonLat,
): Promise<[x: number, y: number]> {
  const position = new Float64Array(2);
  const crs = await resolveCrs(code);
  expect(crs.project(longitude, latitude, position, 0)).toBe(true);
  const [x = Number.NaN, y = Number.NaN] = position;
  const [minX, minY, maxX, maxY] = box;
  return [((x - minX) / (maxX - minX)) * VIEWPORT.width, ((maxY - y) / (maxY - minY)) * VIEWPORT.height];
}

/** The place of a position in Web Mercator (OGC 17-083r4, annex D: a sphere with this radius). */
function lonLat(x: number, y: number): LonLat {
  const degrees = 180 / Math.PI / 6_378_137;
  return [x * degrees, Math.atan(Math.sinh(y / 6_378_137)) * (180 / Math.PI)];
}

/** The colour of a pixel of the base map, or of the vehicles, as `r,g,b,a`. */
function colourAt(
  page: Page,
  layer: 'base-map' | 'ol-layer',
  [x, y]: readonly [number, number],
): Promise<string> {
  const canvas = page.locator(`#map .${layer} canvas`).last();
  return canvas.evaluate(
    (element, point) => {
      // Read from a copy, because the browser complains of canvases that are both drawn on and read.
      const copy = new OffscreenCanvas(1, 1).getContext('2d');
      copy?.drawImage(element as HTMLCanvasElement, -Math.round(point.x), -Math.round(point.y));
      return String(copy?.getImageData(0, 0, 1, 1).data);
    },
    { x, y },
  );
}

async function switchTo(page: Page, frames: Frames, code: string, zoomOut: number): Promise<Box> {
  if (code !== 'EPSG:3857') await chooseCrs(page, frames, code);
  for (let step = 0; step < zoomOut; step += 1) {
    await settledBox(frames);
    await page.getByRole('button', { name: 'Zoom out' }).click();
  }
  return settledBox(frames);
}

describe('the map in another projection', () => {
  it.each(CASES)(
    '$code has land, sea and vehicles at the places that the gateway sends',
    async ({ code, plane, land, sea, zoomOut = 0 }) => {
      await place('plane-1', plane);
      const { page, frames, complaints } = await openStartPage(browser, gateway.url, {
        viewport: VIEWPORT,
        colorScheme: 'light',
      });
      const box = await switchTo(page, frames, code, zoomOut);
      expect(await textOf(page, 'wire')).toContain(`PROJECTION ${code.toLowerCase()}`);
      await expect.poll(() => textOf(page, 'in-box')).toBe('1');

      const [landPixel, seaPixel] = [await pixelOf(code, box, land), await pixelOf(code, box, sea)];
      await expect.poll(() => colourAt(page, 'base-map', landPixel)).toBe('251,250,246,255');
      await expect.poll(() => colourAt(page, 'base-map', seaPixel)).toBe('223,233,238,255');

      const [x, y] = await pixelOf(code, box, plane);
      await expect.poll(() => colourAt(page, 'ol-layer', [x, y])).toBe('36,72,200,255');
      expect(await colourAt(page, 'ol-layer', [x + 40, y])).toBe('0,0,0,0');
      await page.mouse.click(x + 40, y);
      expect(await page.locator('#details').isVisible()).toBe(false);
      await page.mouse.click(x, y);
      await expect.poll(() => textOf(page, 'details-name')).toBe('To plane-1');
      expect(await textOf(page, 'details-facts')).toContain('Altitude10,000 m');
      await keepPicture(page, code.replace(':', '-').toLowerCase());
      expect(complaints).toEqual([]);
    },
  );

  it('counts what a pan has brought and removed', async () => {
    const { page, frames, complaints } = await openStartPage(browser, gateway.url, { viewport: VIEWPORT });
    const [minX, minY, maxX, maxY] = await settledBox(frames);
    // An arrow key moves the map by 128 pixels.
    const step = ((maxX - minX) / VIEWPORT.width) * 64;
    const middle = (minY + maxY) / 2;
    await place('plane-1', lonLat(minX + step, middle));
    await place('plane-2', lonLat((minX + maxX) / 2, middle));
    await place('plane-3', lonLat(maxX + step, middle));
    await expect.poll(() => textOf(page, 'in-box')).toBe('2');
    expect(await textOf(page, 'entered')).toBe('–');
    await page.locator('#map').focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => textOf(page, 'entered')).toBe('1');
    expect(await textOf(page, 'left')).toBe('1');
    expect(await textOf(page, 'pan-bytes')).toMatch(/^\d{3} B$|^[1-3]\.\d kB$/);
    await expect.poll(() => textOf(page, 'in-box')).toBe('2');
    await remove('plane-2');
    await remove('plane-3');
    expect(complaints).toEqual([]);
  });

  it('drops a vehicle without updates when the gateway does', async () => {
    const own = await startGateway({
      REDIS_URL: server.url,
      CHANNELS: 'demo:trains,demo:planes,demo:feed',
      PAGE_DIR: await ensurePage(),
      EXPIRE: `demo:planes=${scaled(1000)}ms`,
    });
    const { page, complaints } = await openStartPage(browser, own.url, { viewport: VIEWPORT });
    await place('plane-1', [8.2, 47.1]);
    await expect.poll(() => textOf(page, 'in-box')).toBe('1');
    await expect.poll(() => textOf(page, 'in-box')).toBe('0');
    expect(complaints).toEqual([]);
  });

  it('drops removed vehicles, whether in this view or while another one was set', async () => {
    await place('plane-1', [8.2, 47.1]);
    await place('plane-2', [9.2, 47.6]);
    const { page, frames, complaints } = await openStartPage(browser, gateway.url, { viewport: VIEWPORT });
    await expect.poll(() => textOf(page, 'in-box')).toBe('2');
    await remove('plane-1');
    await expect.poll(() => textOf(page, 'in-box')).toBe('1');
    await chooseCrs(page, frames, 'EPSG:3035');
    await remove('plane-2');
    await expect.poll(() => textOf(page, 'in-box')).toBe('0');
    expect(complaints).toEqual([]);
  });
});
