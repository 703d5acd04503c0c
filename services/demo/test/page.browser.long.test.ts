import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { launchBrowser } from '@viaduct/testkit/browser';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Demo, startDemo } from '../src/demo.js';
import {
  ensurePage,
  expectOnlyTheBox,
  expectVehicles,
  keepPicture,
  numberIn,
  openStartPage,
  selectByKey,
  settledBox,
  stateOf,
  textOf,
  vehiclePicture,
} from './support/start-page.js';

let browser: Browser;
let demo: Demo;

const DESKTOP = { viewport: { width: 1440, height: 900 } };
/** Whether the longest line of the bar at the top is one line, beside its button and inside of the bar. */
const FITS_IN_ONE_LINE = `(() => {
  const [bar, countdown, button] = ['.top', '#countdown', '#retry'].map((selector) => {
    return document.querySelector(selector).getBoundingClientRect();
  });
  return {
    isCounting: /^in \\d+ s$/.test(document.querySelector('#countdown').textContent),
    isOneLine: countdown.height < 28,
    leavesRoom: countdown.right <= button.left,
    isInside: button.right <= bar.right,
  };
})()`;

const PHONE = { viewport: { width: 375, height: 812 }, hasTouch: true, isMobile: true };

beforeAll(async () => {
  await ensurePage();
  // Without REDIS_URL, so that the demo has a Redis of its own.
  const { REDIS_URL: _ours, ...env } = process.env;
  const settings = { ...env, PORT: '0', DEMO_COUNT: '400', DEMO_RATE: '400', LOG_LEVEL: 'silent' };
  [browser, demo] = await Promise.all([launchBrowser(), startDemo(settings, () => undefined)]);
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

describe('the start page', () => {
  it('is live, shows vehicles that move, and reports what the gateway filters out', async () => {
    const { page, complaints } = await openStartPage(browser, demo.url, DESKTOP);
    expect(await textOf(page, 'status-text')).toBe('Live');
    await expectVehicles(page, 20);
    const before = await vehiclePicture(page);
    await expect.poll(async () => (await vehiclePicture(page)) !== before).toBe(true);
    await expect.poll(() => textOf(page, 'in-all')).toBe('of 400 vehicles');
    await expect.poll(() => numberIn(page, 'received')).toBeGreaterThan(0);
    await expect.poll(() => textOf(page, 'published')).toMatch(/^of \d+\/s published$/);
    await expect.poll(() => textOf(page, 'bytes')).toMatch(/^[\d.]+ kB\/s$/);
    await expect.poll(() => textOf(page, 'delay')).toMatch(/^[\d.]+ ms$/);
    // What comes and what does not is all that is published, but for what changes within the seconds that are averaged.
    await expect
      .poll(async () => {
        const [received, published] = [
          await numberIn(page, 'received'),
          Number.parseFloat((await textOf(page, 'published')).slice(3)),
        ];
        return Math.abs((await numberIn(page, 'filtered')) - 100 * (1 - received / published));
      })
      .toBeLessThan(2);
    await keepPicture(page, 'desktop-light');
    expect(complaints).toEqual([]);
  });

  it('shows what its address says, and its address says what it shows', async () => {
    const { page, complaints } = await openStartPage(
      browser,
      `${demo.url}/#map=10/46.95/7.44&crs=2056`,
      DESKTOP,
    );
    const chosen = page.locator('#projections input:checked');
    expect(await chosen.inputValue()).toBe('EPSG:2056');
    await expect.poll(() => page.evaluate('location.hash')).toBe('#map=10/46.95/7.44&crs=2056');
    await keepPicture(page, 'deep-link');
    // A link that is pasted into the open page; beyond the details of the base map, lines with their names remain.
    await page.evaluate("location.hash = '#map=11/10/-30&crs=3857'");
    await expect.poll(() => chosen.inputValue()).toBe('EPSG:3857');
    await page.locator('#zoom-out').click();
    await expect.poll(() => page.evaluate('location.hash')).toBe('#map=10/10/-30&crs=3857');
    await keepPicture(page, 'open-sea');
    await page.evaluate("location.hash = '#map=6/47/8&crs=3857&channel=demo:planes'");
    await expect.poll(() => textOf(page, 'own-state')).toMatch(/^[1-9]\d* of demo:planes in view$/);
    expect(await page.locator('#own-channel').inputValue()).toBe('demo:planes');
    await page.reload();
    await expect.poll(() => textOf(page, 'own-state')).toMatch(/^[1-9]\d* of demo:planes in view$/);
    expect(await page.evaluate('location.hash')).toBe('#map=6/47/8&crs=3857&channel=demo%3Aplanes');
    expect(complaints).toEqual([]);
  });

  it('shows a channel that the user names, or says why it cannot', async () => {
    const { page, complaints } = await openStartPage(browser, demo.url, DESKTOP);
    const name = async (channel: string): Promise<void> => {
      await page.locator('#own-channel').fill(channel);
      await page.locator('#own button').click();
    };
    await name('demo:planes');
    await expect.poll(() => textOf(page, 'own-state')).toMatch(/^[1-9]\d* of demo:planes in view$/);
    await keepPicture(page, 'own-data');
    await name('secret');
    await expect.poll(() => textOf(page, 'own-state')).toMatch(/"secret" is not readable here/);
    await name('');
    await expect.poll(() => textOf(page, 'own-state')).toBe('');
    expect(complaints).toEqual([]);
  });

  it('loads nothing from other servers, and runs only scripts from files', async () => {
    const { page, complaints, frames } = await openStartPage(browser, demo.url);
    const origins = await page.evaluate<string[]>(
      `performance.getEntriesByType('resource').map(({ name }) => new URL(name).origin)`,
    );
    expect(new Set(origins)).toEqual(new Set([demo.url]));
    expect(frames.received.length).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement('script'), { text: 'window.injected = true' }))`,
    );
    expect(await page.evaluate('window.injected')).toBeUndefined();
    expect(complaints.join()).toContain('Content Security Policy');
  });

  it('sends its box to the gateway when it is panned by keys, dragged or zoomed, and gets only features in it', async () => {
    const { page, complaints, frames } = await openStartPage(browser, demo.url, DESKTOP);
    const [startX, , startMaxX] = await settledBox(frames);
    await expectOnlyTheBox(frames);

    await page.locator('#map').focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => frames.lastBox()[0]).toBeGreaterThan(startX);
    const [panned] = await settledBox(frames);
    await expectOnlyTheBox(frames);

    await page.mouse.move(700, 500);
    await page.mouse.down();
    await page.mouse.move(900, 500, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => frames.lastBox()[0]).toBeLessThan(panned);

    const known = await numberIn(page, 'in-box');
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await expect
      .poll(() => frames.lastBox()[2] - frames.lastBox()[0])
      .toBeLessThan((startMaxX - startX) * 0.6);
    await expectOnlyTheBox(frames);
    await expect.poll(() => numberIn(page, 'in-box')).toBeLessThan(known);
    expect(complaints).toEqual([]);
  });

  it('says what a pan has brought: one box, and only the vehicles that were not in the last one', async () => {
    const { page, complaints, frames } = await openStartPage(browser, demo.url, DESKTOP);
    await expectVehicles(page, 20);
    await settledBox(frames);
    const commands = frames.sent.length;
    const snapshots = frames.statuses('snapshot_begin').length;
    await page.locator('#map').focus();
    await page.keyboard.press('ArrowRight');
    await settledBox(frames);
    expect(frames.sent.slice(commands).map(([event]) => event)).toEqual(['bbox']);
    // One mark for each channel.
    await expect.poll(() => frames.statuses('view').length).toBe(2);
    expect(frames.statuses('snapshot_begin').length).toBe(snapshots);
    await expect.poll(() => numberIn(page, 'entered')).toBeGreaterThanOrEqual(0);
    expect(await numberIn(page, 'left')).toBeGreaterThanOrEqual(0);
    expect(await textOf(page, 'pan-bytes')).toMatch(/^[\d.]+ k?B$/);
    await keepPicture(page, 'desktop-panned');
    expect(complaints).toEqual([]);
  });

  it('lets users select vehicles by key and by click, and shows their details', async () => {
    const { page, complaints } = await openStartPage(browser, demo.url, DESKTOP);
    await expectVehicles(page, 20);
    const name = page.locator('#details-id');
    await selectByKey(page);
    const first = await name.textContent();
    expect(first).toMatch(/^(?:train|plane)-\d+$/);
    expect(await page.locator('#details-facts').textContent()).toMatch(
      /Next.+Speed\d+ km\/h.*Heading\d+° [NESW]+/,
    );
    await page.keyboard.press('Enter');
    await expect.poll(() => name.textContent()).not.toBe(first);
    // What it says follows the vehicle, one of those that do not arrive meanwhile.
    const known = new Map<string, string>();
    await expect
      .poll(async () => {
        await selectByKey(page);
        const [id = '', facts = ''] = await page.evaluate<string[]>(
          `['details-id', 'details-facts'].map((id) => document.getElementById(id).textContent)`,
        );
        const before = known.get(id);
        known.set(id, facts);
        return before !== undefined && before !== facts;
      })
      .toBe(true);
    await page.keyboard.press('Escape');
    await expect.poll(() => name.isVisible()).toBe(false);
    expect(complaints).toEqual([]);
  });

  it('changes its colours on request, and remembers the choice', async () => {
    const { page, complaints } = await openStartPage(browser, demo.url, { ...DESKTOP, colorScheme: 'light' });
    const isDark = async (): Promise<boolean> => {
      const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      return Math.max(...(String(background).match(/\d+/g) ?? []).map(Number)) < 128;
    };
    expect(await isDark()).toBe(false);
    await page.getByRole('button', { name: 'Colours: as the system' }).click();
    await page.getByRole('button', { name: 'Colours: light' }).click();
    await expect.poll(isDark).toBe(true);
    await page.reload();
    await expect.poll(() => stateOf(page)).toBe('open');
    expect(await isDark()).toBe(true);
    await expectVehicles(page, 20);
    await keepPicture(page, 'desktop-dark');
    await page.getByRole('button', { name: 'Colours: dark' }).click();
    await expect.poll(isDark).toBe(false);
    expect(complaints.filter((text) => !text.includes('net::ERR_ABORTED'))).toEqual([]);
  });

  it('shows the same without Redis, from the memory of the gateway', async () => {
    const { PATH: _path, REDIS_URL: _ours, ...env } = process.env;
    const own = await startDemo({ ...env, PATH: '', PORT: '0', LOG_LEVEL: 'silent' }, () => undefined);
    onTestFinished(() => own.stop());
    expect(own.redis).toContain('none found');
    const { page, complaints } = await openStartPage(browser, own.url);
    await expectVehicles(page, 20);
    await expect.poll(() => textOf(page, 'in-all')).toBe('of 1,000 vehicles');
    expect(complaints).toEqual([]);
  });

  it.each([
    ['desktop', 'light'],
    ['desktop', 'dark'],
    ['phone', 'light'],
    ['phone', 'dark'],
  ] as const)('has no accessibility problem that axe finds, on a %s, in %s', async (device, colorScheme) => {
    const options = { ...(device === 'phone' ? PHONE : DESKTOP), colorScheme };
    const { page } = await openStartPage(browser, demo.url, options);
    await expectVehicles(page, 5);
    await selectByKey(page);
    if (device === 'phone') await page.getByRole('button', { name: 'More' }).click();
    await page.evaluate(
      await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'),
    );
    const violations: unknown = await page.evaluate(
      `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]))`,
    );
    expect(violations).toEqual([]);
  });

  it('fits a phone: no horizontal scrolling, a sheet that opens, and a map that pans by touch', async () => {
    const { page, complaints, frames } = await openStartPage(browser, demo.url, PHONE);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375);
    await expectVehicles(page, 5);
    await keepPicture(page, 'phone-light');
    const figures = page.locator('#more');
    const sheet = page.getByRole('button', { name: 'More' });
    expect([await sheet.getAttribute('aria-expanded'), await figures.isVisible()]).toEqual(['false', false]);
    await sheet.click();
    await expect.poll(() => figures.isVisible()).toBe(true);
    await page.getByRole('button', { name: 'Less' }).click();
    await expect.poll(() => figures.isVisible()).toBe(false);

    const [startX] = await settledBox(frames);
    const client = await page.context().newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', x?: number): Promise<unknown> =>
      client.send('Input.dispatchTouchEvent', { type, touchPoints: x === undefined ? [] : [{ x, y: 420 }] });
    await touch('touchStart', 260);
    await touch('touchMove', 180);
    await touch('touchMove', 100);
    await touch('touchEnd');
    await expect.poll(() => frames.lastBox()[0]).toBeGreaterThan(startX);
    await expectOnlyTheBox(frames);

    expect(complaints).toEqual([]);

    // Without a network the page keeps counting down to its next attempt.
    await page.getByRole('button', { name: 'Break the connection' }).click();
    await page.context().setOffline(true);
    await expect
      .poll(() => page.evaluate(FITS_IN_ONE_LINE))
      .toEqual({ isCounting: true, isOneLine: true, leavesRoom: true, isInside: true });
  });
});
