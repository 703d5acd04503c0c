import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openPage, type WatchedPage } from '@viaduct/testkit/browser';
import { scaled } from '@viaduct/testkit/wait';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import { buildPage, PAGE } from '../../tools/build-page.mjs';
import { type Box, Frames } from './frames.js';

/** Where pictures of the page are kept, to be looked at after a run. */
const ARTIFACTS = fileURLToPath(new URL('../../artifacts/', import.meta.url));

/** Builds the page if it is not up to date. @returns its directory */
export async function ensurePage(): Promise<string> {
  await buildPage();
  return PAGE;
}

export interface StartPage extends WatchedPage {
  frames: Frames;
}

/** Opens the start page, and waits until it is live. */
export async function openStartPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<StartPage> {
  const watched = await openPage(browser, options);
  const frames = new Frames(watched.page);
  await watched.visit(url, async (page) => (await stateOf(page)) === 'open' && frames.count('sub') >= 3);
  return Object.assign(watched, { frames });
}

/** What the page says of its connection, for programs. */
export function stateOf(page: Page): Promise<string | null> {
  return page.locator('#status').getAttribute('data-state');
}

export async function textOf(page: Page, id: string): Promise<string> {
  return (await page.locator(`#${id}`).textContent()) ?? '';
}

/** The number that a figure begins with; NaN if there is none yet. */
export async function numberIn(page: Page, id: string): Promise<number> {
  return Number.parseFloat((await textOf(page, id)).replaceAll(',', ''));
}

/** Waits until the page shows more than this number of vehicles. */
export async function expectVehicles(page: Page, moreThan: number): Promise<void> {
  await expect.poll(() => numberIn(page, 'in-box')).toBeGreaterThan(moreThan);
}

/** Selects a vehicle by key, another one if it leaves at once, and waits until the page shows its details. */
export async function selectByKey(page: Page): Promise<void> {
  const isShown = (): Promise<boolean> => page.locator('#details').isVisible();
  await page.locator('#map').focus();
  await expect
    .poll(async () => {
      if (!(await isShown())) await page.keyboard.press('Enter');
      return isShown();
    })
    .toBe(true);
}

/** The last box sent, once no other has followed for a while. */
export async function settledBox(frames: Frames): Promise<Box> {
  let boxes = -1;
  await expect
    .poll(
      () => {
        const before = boxes;
        boxes = frames.count('bbox');
        return boxes > 0 && boxes === before;
      },
      { interval: scaled(700) },
    )
    .toBe(true);
  return frames.lastBox();
}

/** Waits until, for a while, every vehicle that arrives is in the last box that was sent. */
export async function expectOnlyTheBox(frames: Frames): Promise<void> {
  await expect
    .poll(async () => {
      const start = frames.received.length;
      await expect.poll(() => frames.pointsSince(start).length).toBeGreaterThan(30);
      const [minX, minY, maxX, maxY] = frames.lastBox();
      return frames.pointsSince(start).filter(([x, y]) => x < minX || x > maxX || y < minY || y > maxY);
    })
    .toEqual([]);
}

/** Chooses the map's CRS as a user does, and waits until the gateway has received it. */
export async function chooseCrs(page: Page, frames: Frames, code: string): Promise<void> {
  await page.locator(`input[value="${code}"]`).check({ force: true });
  await expect
    .poll(() => frames.sent.findLast(([event]) => event === 'projection')?.[1].projection)
    .toBe(code.toLowerCase());
}

/** The picture of what moves alone, as a data URL. */
export function vehiclePicture(page: Page): Promise<string> {
  return page
    .locator('#map .ol-layer canvas')
    .last()
    .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
}

/** Keeps a picture of the page. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  mkdirSync(ARTIFACTS, { recursive: true });
  await page.screenshot({ path: join(ARTIFACTS, `${name}.png`) });
}
