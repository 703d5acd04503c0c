import { createRequire } from 'node:module';
import { launchBrowser, openPage, type WatchedPage } from '@viaduct/testkit/browser';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { epsg, FeaturesClient, pointAt } from '../support/features-client.js';

let browser: Awaited<ReturnType<typeof launchBrowser>>;
let api: FeaturesClient;

const area = (id: string): object => ({
  type: 'Feature',
  id,
  properties: null,
  geometry: {
    type: 'Polygon',
    coordinates: [
      [
        [7, 46],
        [8, 46],
        [8, 47],
        [7, 46],
      ],
    ],
  },
});

beforeAll(async () => {
  [browser, api] = await Promise.all([
    launchBrowser(),
    FeaturesClient.start({ CHANNELS: 'trains,odd,foreign,big' }),
  ]);
  await api.fill('trains', [
    pointAt('south-west', 6, 46),
    pointAt('north-east', 8, 47),
    pointAt('south-east', 8, 46),
  ]);
  await api.redis.hset('trains', 'area', JSON.stringify(area('<script>alert(1)</script>')));
  const broken = [
    '{"type":"Point"}',
    '{"type":"Polygon","coordinates":"x"}',
    '{"type":"GeometryCollection","geometries":[null,1]}',
    'null',
  ];
  const link = { id: 'click', links: [{ href: 'https://elsewhere.example/' }] };
  const foreign = [
    { ...pointAt('links', 7, 47), features: [link], x: [link], collections: [{ links: null }] },
    { ...pointAt('no id', 7, 47), id: { toString: 1 } },
  ];
  for (const [i, feature] of foreign.entries())
    await api.redis.hset('foreign', `${i}`, JSON.stringify(feature));
  for (const [i, geometry] of broken.entries())
    await api.redis.hset(
      'odd',
      String(i),
      `{"type":"Feature","id":${i},"properties":{},"geometry":${geometry}}`,
    );
});

afterAll(() => browser.close());

/** The middle of each feature on the page, in pixels, by its title. */
function places(page: WatchedPage['page']): Promise<Record<string, [number, number]>> {
  return page.evaluate(() => {
    const links = [...document.querySelectorAll('svg a')];
    return Object.fromEntries(
      links.map((link) => {
        const { x, y, width, height } = (
          link.querySelector('path') as SVGPathElement
        ).getBoundingClientRect();
        return [link.querySelector('title')?.textContent ?? '', [x + width / 2, y + height / 2]];
      }),
    );
  });
}

test.each(['', `&crs=${encodeURIComponent(epsg(4326))}`, `&crs=${encodeURIComponent(epsg(3857))}`])(
  'features are on a picture with north above and east to the right, whatever the CRS: %s',
  async (query) => {
    const { page, complaints } = await openPage(browser);
    await page.goto(`${api.root}/collections/trains/items?f=html${query}`);
    const found = await places(page);
    const [west = 0, south = 0] = found['south-west'] ?? [];
    const [east = 0, north = 0] = found['north-east'] ?? [];
    expect(east - west).toBeGreaterThan(100);
    expect(south - north).toBeGreaterThan(100);
    const [x = 0, y = 0] = found['south-east'] ?? [];
    expect([Math.abs(x - east), Math.abs(y - south)].every((distance) => distance < 1)).toBe(true);
    expect(Object.keys(found)).toContain('<script>alert(1)</script>');
    expect(complaints).toEqual([]);
  },
);

test('a feature on the picture leads to its own page', async () => {
  const { page, complaints } = await openPage(browser);
  await page.goto(`${api.root}/collections/trains/items?f=html`);
  await page.locator('svg a').filter({ hasText: 'north-east' }).locator('path').click({ force: true });
  await page.waitForURL(/items\/north-east/u);
  expect(await page.locator('h1').textContent()).toBe('trains: north-east');
  expect(await page.locator('svg a').count()).toBe(1);
  expect(complaints).toEqual([]);
});

test('a page of features without a valid place has no picture', async () => {
  const { page } = await openPage(browser);
  const answer = await page.goto(`${api.root}/collections/odd/items?f=html`);
  expect([answer?.status(), await page.locator('svg').count()]).toEqual([200, 0]);
  expect(await page.locator('table tr').count()).toBeGreaterThan(0);
});

test('a feature with more positions than a function call takes arguments is shown like any other', async () => {
  const coordinates = Array.from({ length: 200_000 }, () => [7, 47]);
  const feature = { ...pointAt('many', 7, 47), geometry: { type: 'MultiPoint', coordinates } };
  await api.redis.hset('big', 'many', JSON.stringify(feature));
  // Without the browser, which takes half a minute to show a text of this length.
  for (const path of ['', '/many']) {
    const answer = await fetch(`${api.root}/collections/big/items${path}?f=html`);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('many</');
  }
});

test('whatever publishers write into a feature, its pages are shown, with links of the API only', async () => {
  const { page } = await openPage(browser);
  for (const path of ['', '/links']) {
    const answer = await page.goto(`${api.root}/collections/foreign/items${path}?f=html`);
    expect(answer?.status()).toBe(200);
    const addresses = await page
      .locator('a')
      .evaluateAll((links) => links.map((link) => `${link.getAttribute('href')}`));
    expect(addresses.filter((address) => !address.startsWith(api.root))).toEqual([]);
    expect(addresses).not.toEqual([]);
  }
});

test('the page of the API has every operation with its parameters', async () => {
  const { page, complaints } = await openPage(browser);
  const document = await api.json<{ paths: Record<string, { get: { parameters: { name: string }[] } }> }>(
    '/api',
  );
  await page.goto(`${api.root}/api?f=html`);
  for (const [path, { get }] of Object.entries(document.paths)) {
    const section = page.locator('section').filter({ has: page.getByText(`GET ${path}`, { exact: true }) });
    const names = await section.locator('tr td:first-child').allTextContents();
    expect([path, names]).toEqual([path, get.parameters.map(({ name }) => name)]);
  }
  expect(complaints).toEqual([]);
});

test('the pages have no barriers that axe finds', async () => {
  const axe = createRequire(import.meta.url).resolve('axe-core');
  const context = await browser.newContext({ bypassCSP: true });
  const page = await context.newPage();
  for (const path of [
    '',
    '/api',
    '/collections',
    '/collections/trains',
    '/collections/trains/items',
    '/collections/odd/items/0',
  ]) {
    await page.goto(`${api.root}${path}?f=html`);
    await page.addScriptTag({ path: axe });
    const violations = await page.evaluate(async () => {
      const { run } = (globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string }[] }> } })
        .axe;
      return (await run()).violations.map(({ id }) => id);
    });
    expect([path, violations]).toEqual([path, []]);
  }
  await context.close();
});
