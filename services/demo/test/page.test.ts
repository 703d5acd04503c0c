import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Demo, startDemo } from '../src/demo.js';
import { launchBrowser, openPage, WAIT, type WatchedPage } from './support/browser.js';
import { Frames } from './support/frames.js';

let browser: Browser;
let demo: Demo;

function start(port: string): Promise<Demo> {
  // Without REDIS_URL, so that each demo has a Redis of its own.
  const { REDIS_URL: _ours, ...env } = process.env;
  return startDemo(
    { ...env, PORT: port, DEMO_COUNT: '400', DEMO_RATE: '400', LOG_LEVEL: 'silent' },
    () => undefined,
  );
}

beforeAll(async () => {
  [browser, demo] = await Promise.all([launchBrowser(), start('0')]);
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

async function statusOf(page: Page): Promise<string | null> {
  return page.locator('#status-text').textContent();
}

async function numberIn(page: Page, id: string): Promise<number> {
  return Number.parseInt((await page.locator(`#${id}`).textContent())?.replace(/\D/g, '') ?? '', 10);
}

/** Opens the start page of a demo, and waits until it shows vehicles. */
async function openStartPage(
  { url }: Demo,
  options: BrowserContextOptions = {},
): Promise<WatchedPage & { frames: Frames }> {
  const watched = await openPage(browser, options);
  const frames = new Frames(watched.page);
  await watched.visit(url, async (page) => (await numberIn(page, 'in-box')) > 0);
  return Object.assign(watched, { frames });
}

/** The last box sent, once no other has followed for a while. */
async function settledBox(frames: Frames): Promise<ReturnType<Frames['lastBox']>> {
  let boxes = -1;
  await expect
    .poll(
      () => {
        const before = boxes;
        boxes = frames.sent.filter((line) => line.startsWith('BBOX')).length;
        return boxes > 0 && boxes === before;
      },
      { ...WAIT, interval: 600 },
    )
    .toBe(true);
  return frames.lastBox();
}

/** The picture of the vehicles alone, as a data URL. */
function vehiclePicture(page: Page): Promise<string> {
  return page
    .locator('#map canvas')
    .nth(1)
    .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
}

/** Waits until every vehicle that arrives lies in the last box that was sent, for a while without exception. */
async function expectOnlyTheBox(frames: Frames): Promise<void> {
  await expect
    .poll(async () => {
      const start = frames.received.length;
      await expect.poll(() => frames.pointsSince(start).length, WAIT).toBeGreaterThan(30);
      const [minX, minY, maxX, maxY] = frames.lastBox();
      return frames.pointsSince(start).filter(([x, y]) => x < minX || x > maxX || y < minY || y > maxY);
    }, WAIT)
    .toEqual([]);
}

describe('the start page', { timeout: 90_000 }, () => {
  it('says what is running and shows vehicles that move, without a complaint', async () => {
    const { page, complaints } = await openStartPage(demo);
    await expect.poll(() => statusOf(page), WAIT).toBe('Connected');
    await expect.poll(() => numberIn(page, 'in-box'), WAIT).toBeGreaterThan(20);
    expect(await page.locator('#gateway').textContent()).toBe(demo.url.replace('http', 'ws'));
    await expect.poll(() => page.locator('#source').textContent(), WAIT).toBe('Redis');
    await expect.poll(() => page.locator('#feed').textContent(), WAIT).toContain('180 trains and 220 planes');
    const before = await vehiclePicture(page);
    await expect.poll(async () => (await vehiclePicture(page)) !== before, WAIT).toBe(true);
    await expect.poll(() => numberIn(page, 'sent'), WAIT).toBeGreaterThan(0);
    await expect.poll(() => page.locator('#round-trip').textContent(), WAIT).toContain('ms');
    await expect.poll(() => page.locator('#wire-received li').count(), WAIT).toBeGreaterThan(5);
    expect(complaints).toEqual([]);
  });

  it('tells the gateway its box when it is panned by keys, dragged or zoomed, and gets only that', async () => {
    const { page, complaints, frames } = await openStartPage(demo);
    await expectOnlyTheBox(frames);

    const [startX, , startMaxX] = await settledBox(frames);
    await page.locator('#map').focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => frames.lastBox()[0], WAIT).toBeGreaterThan(startX);
    await expectOnlyTheBox(frames);

    const [panned] = await settledBox(frames);
    const area = await page.locator('#map').boundingBox();
    if (!area) throw new Error('the map is not visible');
    await page.mouse.move(area.x + 200, area.y + 200);
    await page.mouse.down();
    await page.mouse.move(area.x + 320, area.y + 200, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => frames.lastBox()[0], WAIT).toBeLessThan(panned);

    await page.mouse.wheel(0, -200);
    await expect
      .poll(() => frames.lastBox()[2] - frames.lastBox()[0], WAIT)
      .toBeLessThan((startMaxX - startX) * 0.7);
    await expectOnlyTheBox(frames);
    expect(complaints).toEqual([]);
  });

  it('gets degrees after a switch to EPSG:4326', async () => {
    const { page, complaints, frames } = await openStartPage(demo);
    expect(frames.sent).toContain('PROJECTION epsg:3857');
    await page.getByText('EPSG:4326').click();
    await expect.poll(() => frames.sent, WAIT).toContain('PROJECTION epsg:4326');
    await expectOnlyTheBox(frames);
    const [minX, minY, maxX, maxY] = frames.lastBox();
    expect([minX > -10, minY > 30, maxX < 30, maxY < 60]).toEqual([true, true, true, true]);
    await expect.poll(() => numberIn(page, 'in-box'), WAIT).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
  });

  it('shows that the gateway is gone, and comes back with it', async () => {
    let own = await start('0');
    onTestFinished(() => own.stop());
    const { page, complaints } = await openStartPage(own);
    expect(complaints).toEqual([]);
    await own.stop();
    await expect.poll(() => statusOf(page), WAIT).toMatch(/^Connection lost, next try in \d+\.\d s$/);
    await expect.poll(() => page.getByRole('button', { name: 'Try now' }).isVisible(), WAIT).toBe(true);
    own = await start(new URL(own.url).port);
    await expect.poll(() => statusOf(page), WAIT).toBe('Connected');
    await expect.poll(() => numberIn(page, 'sent'), WAIT).toBeGreaterThan(0);
    await expect.poll(() => numberIn(page, 'in-box'), WAIT).toBeGreaterThan(20);
    // Chromium itself reports each request that found nobody; the page has nothing to add.
    expect(complaints.filter((text) => !text.includes('net::ERR_'))).toEqual([]);
  });

  it('gives visitors a session of their own', async () => {
    const { page, complaints, frames } = await openStartPage(demo);
    const answers = page.locator('#console-output li.received');
    const input = page.getByLabel('Command', { exact: true });
    await input.fill('PING');
    await page.getByRole('button', { name: 'Send' }).click();
    await expect
      .poll(() => answers.allTextContents(), WAIT)
      .toContainEqual(expect.stringContaining('"PONG"'));
    await input.fill('FLY me to the moon');
    await input.press('Enter');
    await expect
      .poll(() => answers.allTextContents(), WAIT)
      .toContainEqual(expect.stringContaining('"unknown_command"'));
    await page.getByRole('button', { name: 'SUB planes' }).click();
    await expect
      .poll(() => answers.allTextContents(), WAIT)
      .toContainEqual(expect.stringContaining('"source":"planes"'));
    await input.press('ArrowUp');
    expect(await input.inputValue()).toBe('SUB planes');
    // No box was sent in this session, and the map's stays what it was.
    expect(await page.locator('#status-text').textContent()).toBe('Connected');
    await page.getByRole('button', { name: 'DEL planes' }).click();
    await expect.poll(() => frames.sent, WAIT).toContain('DEL planes');
    await page.getByRole('button', { name: 'Clear' }).click();
    await expect.poll(() => page.locator('#console-output li').count(), WAIT).toBeLessThan(5);
    expect(complaints).toEqual([]);
  });

  it('says where the data comes from when there is no Redis', async () => {
    const { PATH: _path, REDIS_URL: _ours, ...env } = process.env;
    const own = await startDemo({ ...env, PATH: '', PORT: '0', LOG_LEVEL: 'silent' }, () => undefined);
    onTestFinished(() => own.stop());
    expect(own.redis).toContain('none found');
    const { page, complaints } = await openStartPage(own);
    await expect.poll(() => page.locator('#source').textContent(), WAIT).toContain('memory of the gateway');
    expect(complaints).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('has no barrier that axe finds, in %s', async (colorScheme) => {
    const { page } = await openStartPage(demo, { colorScheme });
    await page.getByRole('button', { name: 'GET trains' }).click();
    for (const list of ['wire-sent', 'wire-received', 'console-output']) {
      await expect.poll(() => page.locator(`#${list} li`).count(), WAIT).toBeGreaterThan(5);
    }
    await page.evaluate(
      await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'),
    );
    const violations: unknown = await page.evaluate(
      `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]))`,
    );
    expect(violations).toEqual([]);
    const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    const brightness = Math.max(...(String(background).match(/\d+/g) ?? []).map(Number));
    expect(brightness > 128).toBe(colorScheme === 'light');
  });

  it('fits a phone 360 pixels wide, and pans by touch', async () => {
    const { page, complaints, frames } = await openStartPage(demo, {
      viewport: { width: 360, height: 740 },
      hasTouch: true,
      isMobile: true,
    });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    const [startX] = await settledBox(frames);
    const client = await page.context().newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', x?: number): Promise<unknown> =>
      client.send('Input.dispatchTouchEvent', { type, touchPoints: x === undefined ? [] : [{ x, y: 420 }] });
    await touch('touchStart', 260);
    await touch('touchMove', 180);
    await touch('touchMove', 100);
    await touch('touchEnd');
    await expect.poll(() => frames.lastBox()[0], WAIT).toBeGreaterThan(startX);
    await expectOnlyTheBox(frames);
    expect(complaints).toEqual([]);
  });
});
