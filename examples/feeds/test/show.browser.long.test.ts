import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { launchBrowser, openPage } from '@viaduct/testkit/browser';
import { startLocalRedis } from '@viaduct/testkit/redis';
import { atEnd } from '@viaduct/testkit/teardown';
import type { Browser } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { runFeed } from './run-feed.js';

const BUILD_PAGE = fileURLToPath(new URL('../../../services/demo/tools/build-page.mjs', import.meta.url));

let browser: Browser;

beforeAll(async () => {
  execFileSync(process.execPath, [BUILD_PAGE]);
  browser = await launchBrowser();
  atEnd(() => browser.close());
});

test.each([
  ['gtfs-realtime', 24, 'buses'],
  ['ais', 12, 'ships'],
  ['ads-b', 14, 'planes'],
  ['mqtt', 12, 'trams'],
])('npm run feed -- %s prints a link that shows all %d %s of its sample', async (name, count, channel) => {
  const redis = await startLocalRedis();
  atEnd(() => redis.stop());
  const show = runFeed('show.js', [name], { REDIS_URL: redis.url, PORT: '0', HOST: '127.0.0.1' });
  const [link = ''] = await show.prints(/http:\S+#\S+/u);
  const watched = await openPage(browser);
  const { page, complaints } = watched;
  await watched.visit(
    link,
    async () => (await page.locator('#own-state').textContent())?.includes('in view') === true,
  );
  await expect.poll(() => page.locator('#own-state').textContent()).toBe(`${count} of ${channel} in view`);
  // The demo's own vehicle is elsewhere, and the client warns of that.
  expect(complaints.filter((complaint) => !complaint.includes('no feature of "demo:'))).toEqual([]);
});
