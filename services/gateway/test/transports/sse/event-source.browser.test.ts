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
  /** Names of events, in order. */
  eventNames: string[];
}

/** A page that watches the address. */
async function watch(address: string) {
  const { page } = await openPage(browser);
  await page.evaluate((url) => {
    const own = globalThis as unknown as Shown;
    own.shown = {};
    own.eventNames = [];
    const source = new EventSource(url);
    const on = (name: string, take: (data: { id: string; left?: string[] }) => void): void =>
      source.addEventListener(name, (event) => {
        own.eventNames.push(name);
        take(JSON.parse((event as MessageEvent<string>).data));
      });
    on('reset', () => {
      own.shown = {};
    });
    for (const name of ['enter', 'update']) {
      on(name, (feature) => {
        own.shown[feature.id] = feature;
      });
    }
    on('leave', ({ id }) => delete own.shown[id]);
    on('view', ({ left = [] }) => {
      for (const id of left) delete own.shown[id];
    });
  }, address);
  return {
    ids: () => page.evaluate(() => Object.keys((globalThis as unknown as Shown).shown).sort()),
    eventNames: () => page.evaluate(() => (globalThis as unknown as Shown).eventNames),
  };
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
  const { ids } = await watch(`${url}/ogc/collections/trains/items?bbox=6,46,8,48`);
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

test("a browser's EventSource recovers what it has missed of a stream, and nothing else", async () => {
  const { redis, server } = await startWorld();
  const publish = async (id: string, lon: number): Promise<void> => {
    const text = JSON.stringify(pointAt(id, lon, 47));
    await redis.multi().hset('ships:state', id, text).xadd('ships', '*', 'data', text).exec();
  };
  for (const id of ['a', 'b', 'c']) await publish(id, 7);
  const env = { REDIS_URL: server.url, CHANNELS: 'ships', STREAMS: 'ships' };
  let gateway = await startGateway(env);
  const { port, url } = gateway;
  const { ids, eventNames } = await watch(`${url}/ogc/collections/ships/items?bbox=6,46,8,48`);
  await expect.poll(ids).toEqual(['a', 'b', 'c']);
  await publish('d', 7);
  await expect.poll(ids).toEqual(['a', 'b', 'c', 'd']);
  const before = (await eventNames()).length;
  await gateway.stop();
  await publish('a', 20);
  await publish('e', 7);
  gateway = await startGateway({ ...env, PORT: String(port) });
  await expect.poll(ids).toEqual(['b', 'c', 'd', 'e']);
  expect((await eventNames()).slice(before)).toEqual(['update', 'view']);
});
