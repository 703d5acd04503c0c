import type { Page, Route } from 'playwright-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { LivePage } from './pages/points.js';
import { type PageWorld, startPageWorld } from './support/page-world.js';
import { train } from './support/stack.js';

declare const live: LivePage;

let world: PageWorld;
let url: string;

beforeAll(async () => {
  world = await startPageWorld('points');
  ({ url } = await world.gateway());
});

/** The page, whose points take that many milliseconds to their new places; they jump if it is null. */
function open(ms: number | null = null) {
  const isReady = (page: Page) =>
    page.evaluate(() => 'live' in globalThis && live.collection.subscription.state === 'live');
  return world.open({ url: ms === null ? `${url}/` : `${url}/?ms=${ms}` }, isReady);
}

/** The colour at a place, or beside it: `right` and `down` are pixels. */
function colorAt(page: Page, place: number[], right = 0, down = 0): Promise<number[]> {
  return page.evaluate(([at, x, y]) => live.colorAt(at, x, y), [place, right, down] as const);
}

function idAt(page: Page, place: number[], right = 0, tolerance = 0) {
  return page.evaluate(([at, x, far]) => live.idAt(at, x, far), [place, right, tolerance] as const);
}

/** Whether a complaint is not about the test, which reads many pixels. */
function isOfLayer(complaint: string): boolean {
  return !complaint.includes('willReadFrequently');
}

const NOTHING = [0, 0, 0, 0];
const RED = [255, 0, 0, 255];
const GREEN = [0, 170, 0, 255];

test('points are drawn where OpenLayers has their places, move, and disappear', async () => {
  const { stack } = world;
  const { page, complaints } = await open();
  await stack.set('trains', train(1, 8, 47));
  await expect.poll(() => colorAt(page, [8, 47])).toEqual(RED);
  expect(await colorAt(page, [8, 47], 4, 0)).toEqual(RED);
  for (const [right, down] of [
    [9, 0],
    [-9, 0],
    [0, 9],
    [0, -9],
  ])
    expect(await colorAt(page, [8, 47], right, down)).toEqual(NOTHING);
  expect(await idAt(page, [8, 47], 4)).toBe(1);
  expect(await idAt(page, [8, 47], 9)).toBe(null);
  expect(await idAt(page, [8, 47], 9, 4)).toBe(1);
  await stack.set('trains', train(1, 8.5, 47.2));
  await expect.poll(() => colorAt(page, [8.5, 47.2])).toEqual(RED);
  expect(await colorAt(page, [8, 47])).toEqual(NOTHING);
  await stack.set('trains', train(1, 8.5, 47.2, { hidden: true }));
  await expect.poll(() => colorAt(page, [8.5, 47.2])).toEqual(NOTHING);
  await stack.set('trains', train(1, 8.5, 47.2));
  await expect.poll(() => colorAt(page, [8.5, 47.2])).toEqual(RED);
  await stack.remove('trains', 1);
  await expect.poll(() => colorAt(page, [8.5, 47.2])).toEqual(NOTHING);
  expect(complaints.filter(isOfLayer)).toEqual([]);
});

test('points stay at their places if the map turns, gets another size, or shows another world', async () => {
  const { stack } = world;
  const { page, complaints } = await open();
  const places = [
    [8, 47],
    [8.6, 47],
    [8, 47.4],
  ];
  for (const [index, [lon = 0, lat = 0]] of places.entries())
    await stack.set('trains', train(index, lon, lat));
  const ids = () => Promise.all(places.map((place) => idAt(page, place)));
  const colors = () => Promise.all(places.map((place) => colorAt(page, place)));
  await expect.poll(ids).toEqual([0, 1, 2]);
  await page.evaluate(() => live.map.getView().setRotation(1));
  expect(await ids()).toEqual([0, 1, 2]);
  expect(await colors()).toEqual([RED, RED, RED]);
  await page.evaluate(() => {
    const element = live.map.getTargetElement();
    if (element) element.style.width = '500px';
    live.map.updateSize();
  });
  expect(await colors()).toEqual([RED, RED, RED]);
  expect(await page.evaluate(() => document.querySelector('canvas')?.width)).toBe(500);
  await page.evaluate(() => live.map.getView().setCenter(live.fromLonLat([368, 47])));
  for (const place of places) place[0] = (place[0] ?? 0) + 360;
  await expect.poll(ids).toEqual([0, 1, 2]);
  expect(await colors()).toEqual([RED, RED, RED]);
  for (const id of places.keys()) await stack.remove('trains', id);
  expect(complaints.filter(isOfLayer)).toEqual([]);
});

test('a symbol turns clockwise with its rotation', async () => {
  const { stack } = world;
  const { page, complaints } = await open();
  // The symbol is beside its place, towards the heading.
  const sides = [
    [0, 0, -12],
    [90, 12, 0],
    [180, 0, 12],
    [270, -12, 0],
  ] as const;
  for (const [heading, right, down] of sides) {
    await stack.set('trains', train(1, 8, 47, { heading }));
    await expect.poll(() => colorAt(page, [8, 47], right, down)).toEqual(GREEN);
    expect(await colorAt(page, [8, 47], -right, -down)).toEqual(NOTHING);
  }
  await stack.remove('trains', 1);
  expect(complaints.filter(isOfLayer)).toEqual([]);
});

test('one direction has one sprite, whether it was reached clockwise or anticlockwise', async () => {
  const { stack } = world;
  const { page, complaints } = await open();
  for (const heading of [270, -90, 630, -450]) {
    await stack.set('trains', train(1, 8, 47, { heading }));
    await expect
      .poll(() => page.evaluate(() => live.collection.get(1)?.properties?.heading))
      .toEqual(heading);
    expect(await colorAt(page, [8, 47], -12, 0)).toEqual(GREEN);
  }
  expect(await page.evaluate(() => live.arrowsDrawn())).toBe(1);
  await stack.remove('trains', 1);
  expect(complaints.filter(isOfLayer)).toEqual([]);
});

describe('an icon that is not loaded when it is needed', () => {
  const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="12" height="12"><rect width="12" height="12" fill="#00f"/></svg>`;

  /** A page that shows an icon, whose request waits for an answer. */
  async function openWithIcon(src: string) {
    const { stack } = world;
    const { page } = await open();
    const requests: Route[] = [];
    await page.route(`**${src}`, (request) => void requests.push(request));
    await stack.set('trains', train(1, 8, 47, { icon: src }));
    await expect.poll(() => requests.length).toBe(1);
    const [request] = requests;
    if (request === undefined) throw new Error('nobody asked for the icon');
    const listeners = () => page.evaluate((icon) => live.listenersOf(icon), src);
    expect(await listeners()).toBe(1);
    return { page, request, listeners };
  }

  afterEach(() => world.stack.remove('trains', 1));

  test('is drawn when it is loaded, and then has no listener', async () => {
    const { page, request, listeners } = await openWithIcon('/late.svg');
    expect(await colorAt(page, [8, 47])).toEqual(NOTHING);
    await request.fulfill({ contentType: 'image/svg+xml', body: SVG });
    await expect.poll(() => colorAt(page, [8, 47])).toEqual([0, 0, 255, 255]);
    expect(await listeners()).toBe(0);
  });

  test('has no listener after it could not be loaded', async () => {
    const { request, listeners } = await openWithIcon('/missing.svg');
    await request.fulfill({ status: 404 });
    await expect.poll(listeners).toBe(0);
    expect(await listeners()).toBe(0);
  });

  test('does not keep a disposed layer, even if the map still has that layer', async () => {
    const { page, request, listeners } = await openWithIcon('/never.svg');
    await page.evaluate(() => live.layer.dispose());
    expect(await listeners()).toBe(0);
    await request.abort();
  });
});

test('a feature for which the style throws is not shown, and does not affect others', async () => {
  const { stack } = world;
  const { page, complaints } = await open();
  const features = [train(1, 8.2, 47, { isBroken: true }), train(2, 8, 47)];
  await stack.publish('trains', { type: 'FeatureCollection', features });
  await expect.poll(() => colorAt(page, [8, 47])).toEqual(RED);
  expect(await colorAt(page, [8.2, 47])).toEqual(NOTHING);
  expect(complaints.filter(isOfLayer).join()).toContain('this feature has no style');
  for (const id of [1, 2]) await stack.remove('trains', id);
});

test('a translucent symbol over another one has the colour that the browser itself would mix', async () => {
  const { stack } = world;
  const { page, complaints } = await open();
  await stack.set('trains', train(1, 8, 47));
  await expect.poll(() => colorAt(page, [8, 47])).toEqual(RED);
  await stack.set('trains', train(2, 8, 47, { color: '#0000ff80' }));
  await stack.set('trains', train(3, 8.5, 47, { color: '#0000ff80' }));
  await stack.set('trains', train(4, 8.5, 47, { color: '#0000ff80' }));
  await expect.poll(() => idAt(page, [8.5, 47])).toBe(4);
  const mixed = await page.evaluate(() => {
    const context = document.createElement('canvas').getContext('2d') as CanvasRenderingContext2D;
    return [
      ['#ff0000', '#0000ff80'],
      ['#0000ff80', '#0000ff80'],
    ].map((colors) => {
      context.clearRect(0, 0, 1, 1);
      for (const color of colors) {
        context.fillStyle = color;
        context.fillRect(0, 0, 1, 1);
      }
      return [...context.getImageData(0, 0, 1, 1).data];
    });
  });
  for (const [index, lon] of [8, 8.5].entries()) {
    const color = await colorAt(page, [lon, 47]);
    // The browser rounds otherwise.
    for (const [channel, value] of (mixed[index] ?? []).entries())
      expect(Math.abs((color[channel] ?? 0) - value)).toBeLessThanOrEqual(3);
  }
  for (const id of [1, 2, 3, 4]) await stack.remove('trains', id);
  expect(complaints.filter(isOfLayer)).toEqual([]);
});

test('of five thousand points in motion, a frame moves at most three thousand, and all end at their places in Redis', async () => {
  const { stack } = world;
  const { page, complaints } = await open(1000);
  // Some browsers have a clock so coarse that no time seems to pass within a frame.
  await page.evaluate(() => {
    const exact = performance.now.bind(performance);
    performance.now = () => Math.floor(exact() / 200) * 200;
  });
  // Four pixels apart or more, so that each symbol can be found.
  const place = (id: number, step: number): [number, number] => [
    6.7 + (id % 100) * 0.026 + step * 0.02,
    46.4 + Math.floor(id / 100) * 0.024,
  ];
  const IDS = Array.from({ length: 5000 }, (_, id) => id);
  const publish = (step: number): Promise<void> =>
    stack.setAll(
      'trains',
      IDS.map((id) => train(id, ...place(id, step), { color: 'dot' })),
    );
  await publish(0);
  await expect.poll(() => page.evaluate(() => live.collection.size)).toBe(IDS.length);
  await page.evaluate(() => live.steps.clear());
  for (let step = 1; step <= 3; step++) await publish(step);
  const last = [0, 1234, 4999].map((id) => [id, place(id, 3)] as const);
  await expect.poll(() => Promise.all(last.map(([, at]) => idAt(page, at)))).toEqual(last.map(([id]) => id));
  const steps = await page.evaluate(() => [...live.steps.values()]);
  expect(Math.max(...steps)).toBeLessThanOrEqual(3000);
  expect(steps.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(IDS.length);
  // Of each point, what shows is the truth.
  const places = IDS.map((id) => place(id, 3));
  const found = await page.evaluate((all) => all.map((at) => live.idAt(at)), places.slice(0, 500));
  expect(found).toEqual(IDS.slice(0, 500));
  expect(complaints.filter(isOfLayer)).toEqual([]);
});
