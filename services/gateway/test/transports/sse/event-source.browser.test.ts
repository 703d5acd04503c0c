import { launchBrowser, openPage } from '@viaduct/testkit/browser';
import { startGateway } from '@viaduct/testkit/gateway';
import { startWorld } from '@viaduct/testkit/world';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pointAt } from '../../support/features-client.js';

let browser: Awaited<ReturnType<typeof launchBrowser>>;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(() => browser.close());

/** What the page keeps for the test. */
interface Shown {
  shown: Record<string, unknown>;
}

test("a browser's EventSource, on a page of another origin, holds the view, also after a restart of the gateway", async () => {
  const { redis, server } = await startWorld();
  await redis.hset(
    'trains',
    'a',
    JSON.stringify(pointAt('a', 7, 47)),
    'b',
    JSON.stringify(pointAt('b', 20, 47)),
  );
  const env = { REDIS_URL: server.url, CHANNELS: 'trains' };
  let gateway = await startGateway(env);
  const { port, url } = gateway;
  const { page } = await openPage(browser);
  await page.evaluate((address) => {
    const own = globalThis as unknown as Shown;
    own.shown = {};
    const source = new EventSource(address);
    const on = (name: string, take: (data: { id: string; left?: string[] }) => void): void =>
      source.addEventListener(name, (event) => take(JSON.parse((event as MessageEvent<string>).data)));
    on('reset', () => {
      own.shown = {};
    });
    for (const name of ['enter', 'update']) {
      on(name, (feature) => {
        own.shown[feature.id] = feature;
      });
    }
    on('leave', ({ id }) => delete own.shown[id]);
  }, `${url}/ogc/collections/trains/items?bbox=6,46,8,48`);
  const ids = (): Promise<string[]> =>
    page.evaluate(() => Object.keys((globalThis as unknown as Shown).shown).sort());
  await expect.poll(ids).toEqual(['a']);
  await redis.publish('trains', JSON.stringify(pointAt('c', 7, 47)));
  await expect.poll(ids).toEqual(['a', 'c']);
  await redis.publish('trains', JSON.stringify(pointAt('a', 9, 47)));
  await expect.poll(ids).toEqual(['c']);
  await gateway.stop();
  await redis.hset('trains', 'd', JSON.stringify(pointAt('d', 7, 47)));
  gateway = await startGateway({ ...env, PORT: String(port) });
  await expect.poll(ids).toEqual(['a', 'd']);
});
