import { request } from 'node:http';
import { setImmediate as nextRound } from 'node:timers/promises';
import { atEnd } from '@viaduct/testkit/teardown';
import { until } from '@viaduct/testkit/wait';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ClientWork } from '../../src/commands/client-work.js';
import { createGateway, type Gateway, type GatewayOptions, MemorySource } from '../../src/index.js';
import { LongWork } from '../../src/state/long-work.js';
import { pointAt } from '../support/features-client.js';
import { holdTurns } from '../support/held-turns.js';

const EVENTS = { accept: 'text/event-stream' };
const JSON_ONLY = { accept: 'application/geo+json' };

/** More than a round of the event loop allows for requests, in ms. */
const LONG = 1000;

/** A gateway in this process, and the address of the items of its only channel. */
async function start(
  options: GatewayOptions,
): Promise<{ gateway: Gateway; source: MemorySource; items: string }> {
  const source = new MemorySource();
  source.hset('trains', 'a', JSON.stringify(pointAt('a', 7, 47)));
  const gateway = createGateway({
    port: 0,
    host: '127.0.0.1',
    logLevel: 'silent',
    channels: ['trains'],
    source,
    ...options,
  });
  atEnd(() => gateway.close());
  const { url } = await gateway.start();
  return { gateway, source, items: `${url}/ogc/collections/trains/items` };
}

/** Lets all long work wait for its turn until the returned function is called. */
function holdLongWork(): { waiting(): number; release(): void } {
  let release = (): void => {};
  const held = new Promise<number>((resolve) => {
    release = () => resolve(Number.POSITIVE_INFINITY);
  });
  const turn = vi.spyOn(LongWork.prototype, 'turn').mockReturnValue(held);
  onTestFinished(() => turn.mockRestore());
  return {
    waiting: () => turn.mock.calls.length,
    release: () => {
      release();
      turn.mockRestore();
    },
  };
}

interface Asked {
  /** Undefined until there is an answer. */
  status(): number | undefined;
  leave(): void;
}

/** Sends a request on a connection of its own. */
function ask(url: string, headers: Record<string, string>): Asked {
  let status: number | undefined;
  const asked = request(url, { headers, agent: false }, (response) => {
    status = response.statusCode;
    response.resume().on('error', () => {});
  });
  asked.on('error', () => {});
  asked.end();
  atEnd(() => void asked.destroy());
  return { status: () => status, leave: () => void asked.destroy() };
}

async function statusesOf(asked: readonly Asked[]): Promise<(number | undefined)[]> {
  const statuses = (): (number | undefined)[] => asked.map(({ status }) => status());
  await until(() => !statuses().includes(undefined), 'all answers', { state: statuses });
  return statuses().sort();
}

/** Waits until the gateway serves this number of requests. */
async function untilServing(gateway: Gateway, requests: number): Promise<void> {
  const line = `\nviaduct_http_connections{state="request"} ${requests}\n`;
  await until(
    async () => (await gateway.metrics.metrics()).includes(line),
    `the gateway to serve ${requests} requests`,
  );
}

/** Requests that the API has answered, by status. */
async function answered(gateway: Gateway): Promise<string[]> {
  const text = await gateway.metrics.metrics();
  const isCounted = (line: string): boolean =>
    line.startsWith('viaduct_http_api_requests_total{') && !line.endsWith(' 0');
  return text.split('\n').filter(isCounted);
}

test('event streams that wait for their turn count towards the limits, and further ones are refused before their turn', async () => {
  const { items } = await start({ limits: { maxConnections: 3 } });
  const turns = holdTurns();
  const streams = Array.from({ length: 10 }, () => ask(items, EVENTS));
  const refused = (): Asked[] => streams.filter(({ status }) => status() === 503);
  await until(() => turns.waiting() + refused().length >= 10, 'all requests to arrive');
  turns.release();
  expect(await statusesOf(streams)).toEqual([200, 200, 200, ...Array.from({ length: 7 }, () => 503)]);
});

test('an event stream that waits for its turn while the gateway begins to drain is refused', async () => {
  const { gateway, items } = await start({});
  const turns = holdTurns();
  const stream = ask(items, EVENTS);
  await until(() => turns.waiting() === 1, 'the request to wait');
  const closed = gateway.close({ drainMs: 50 });
  turns.release();
  expect(await statusesOf([stream])).toEqual([503]);
  await closed;
});

test('nothing is done for a client that leaves while it waits', async () => {
  const { gateway, source, items } = await start({});
  const read = vi.spyOn(source, 'hashEntries');
  const turns = holdTurns();
  const gone = ask(`${items}/a`, JSON_ONLY);
  await until(() => turns.waiting() === 1, 'the request to wait');
  gone.leave();
  await untilServing(gateway, 0);
  turns.release();
  for (let i = 0; i < 10; i++) await nextRound();
  expect(read).not.toHaveBeenCalled();
  expect(await answered(gateway)).toEqual([]);
  // The next client is served.
  expect(await statusesOf([ask(`${items}/a`, JSON_ONLY)])).toEqual([200]);
});

test('the work for a client whose permissions take time to find is charged', async () => {
  const clock = performance.now.bind(performance);
  let skew = 0;
  const now = vi.spyOn(performance, 'now').mockImplementation(() => clock() + skew);
  onTestFinished(() => now.mockRestore());
  const { source, items } = await start({
    authenticate: async () => {
      await nextRound();
      await nextRound();
      return { channels: ['trains'] };
    },
  });
  // Read for each request, before the feature is looked up.
  vi.spyOn(source, 'ready', 'get').mockImplementation(() => {
    skew += LONG;
    return true;
  });
  const charge = vi.spyOn(ClientWork.prototype, 'charge');
  onTestFinished(() => charge.mockRestore());
  expect(await statusesOf([ask(`${items}/a`, JSON_ONLY)])).toEqual([200]);
  expect(Math.max(...charge.mock.calls.map(([ms]) => ms))).toBeGreaterThanOrEqual(LONG);
});

test('a client that leaves while the features of a collection are put in order takes no page from others', async () => {
  const { gateway, items } = await start({});
  // Now the collection is in memory.
  expect(await statusesOf([ask(`${items}/a`, JSON_ONLY)])).toEqual([200]);
  await untilServing(gateway, 0);
  const work = holdLongWork();
  const gone = ask(items, JSON_ONLY);
  await until(() => work.waiting() === 1, 'the first request to put the features in order');
  gone.leave();
  await untilServing(gateway, 0);
  const meanwhile = ask(items, JSON_ONLY);
  await untilServing(gateway, 1);
  work.release();
  expect(await statusesOf([meanwhile])).toEqual([200]);
  expect(await statusesOf([ask(items, JSON_ONLY)])).toEqual([200]);
});
