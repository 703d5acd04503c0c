import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { atEnd } from '@viaduct/testkit/teardown';
import { patienceMs, sleep, until } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import type { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { digestOf, Readers } from '../support/readers.js';

const READING = 800;
const STALLED = 200;
const FEATURES = 200;
/** Number of updates in a batch, and the time between two batches in ms. */
const BATCH = 2;
const PAUSE_MS = 40;
/** One update in this number is a removal. */
const REMOVALS = 19;
const WINDOWS = 5;
const WINDOW_MS = 1000;
/** Bytes that may be queued for one slow client: the most that each stalled client may cost the gateway's process. */
const QUEUE_BYTES = 1024 * 1024;
const MAX_GROWTH_BYTES = STALLED * QUEUE_BYTES;

/** Updates features on `live`, and knows the resulting state. */
class Stream {
  readonly #redis: Redis;
  readonly state = new Map<string, number>();
  #version = 0;
  #running = true;
  readonly #done: Promise<void>;

  constructor(redis: Redis) {
    this.#redis = redis;
    this.#done = this.#run();
  }

  get published(): number {
    return this.#version;
  }

  async end(): Promise<void> {
    this.#running = false;
    await this.#done;
  }

  async #run(): Promise<void> {
    while (this.#running) {
      await Promise.all(Array.from({ length: BATCH }, () => this.#publish()));
      await sleep(PAUSE_MS);
    }
  }

  async #publish(): Promise<void> {
    const version = ++this.#version;
    const id = `feature-${(version * 7) % FEATURES}`;
    const removed = version % REMOVALS === 0;
    if (removed) this.state.delete(id);
    else this.state.set(id, version);
    const geometry = removed ? null : { type: 'Point', coordinates: [7 + version / 1e6, 47] };
    const properties = { version, sentAt: performance.timeOrigin + performance.now() };
    await this.#redis.publish('live', JSON.stringify({ type: 'Feature', id, geometry, properties }));
  }
}

/** Medians over several windows of time, so that a short busy moment of the machine does not count. */
async function delays(readers: Readers): Promise<{ median: number; p99: number }> {
  const windows = [];
  await readers.run('delays');
  for (let i = 0; i < WINDOWS; i++) {
    await sleep(WINDOW_MS);
    windows.push(await readers.run('delays'));
  }
  const middle = (values: number[]): number => values.sort((a, b) => a - b)[WINDOWS >> 1] ?? Number.NaN;
  for (const { count } of windows) expect(count).toBeGreaterThan(0);
  return { median: middle(windows.map(({ median }) => median)), p99: middle(windows.map(({ p99 }) => p99)) };
}

/** The growth of the delays, as a factor: of the median or of the 99th percentile, whichever is larger. */
async function slowdown(before: { median: number; p99: number }, readers: Readers): Promise<number> {
  const now = await delays(readers);
  return Math.max(now.median / before.median, now.p99 / before.p99);
}

/** Fills the network's buffers for the stalled clients, until all of them are conflated. */
async function fill(redis: Redis, gateway: GatewayProcess): Promise<void> {
  const properties = { version: 0, sentAt: 0, ballast: 'x'.repeat(128 * 1024) };
  const geometry = { type: 'Point', coordinates: [7, 47] };
  const ballast = JSON.stringify({ type: 'Feature', id: 'ballast', geometry, properties });
  let conflated = 0;
  const allConflated = async (): Promise<boolean> => {
    for (let i = 0; i < 5; i++) await redis.publish('ballast', ballast);
    conflated = (await gateway.scrape()).sum('viaduct_sessions_conflating');
    return conflated === STALLED;
  };
  await until(allConflated, 'all stalled clients to be conflated', { state: () => `${conflated} are` });
}

const residentBytes = async (gateway: GatewayProcess): Promise<number> =>
  (await gateway.scrape()).sum('process_resident_memory_bytes');

test('if 200 of 1,000 clients stop reading, the others notice nothing, and the 200 reach the current state later', async () => {
  const { server, redis } = await startWorld();
  const gateway = await startGateway({
    REDIS_URL: server.url,
    CHANNELS: 'live,ballast',
    CONFLATE_BYTES: '262144',
    MAX_QUEUE_BYTES: String(QUEUE_BYTES),
    HEARTBEAT_MS: '600000',
  });
  const reading = await Readers.connect(gateway.url, READING, ['live']);
  const stalled = await Readers.connect(gateway.url, STALLED, ['live', 'ballast']);
  const stream = new Stream(redis);
  atEnd(() => stream.end());
  const before = await delays(reading);
  const bytesBefore = await residentBytes(gateway);

  await stalled.run('pause');
  await fill(redis, gateway);
  // Measured again in case the machine was busy: the cost of the stalled clients would remain.
  await expect.poll(() => slowdown(before, reading), { timeout: 2 * patienceMs() }).toBeLessThan(1.2);
  const growth = (await residentBytes(gateway)) - bytesBefore;
  const scrape = await gateway.scrape();
  expect(growth).toBeLessThan(MAX_GROWTH_BYTES);
  expect(scrape.sum('viaduct_sessions_conflating')).toBe(STALLED);
  expect(scrape.sum('viaduct_conflated_messages_total')).toBeGreaterThan((STALLED * FEATURES) / 10);

  await stream.end();
  await stalled.run('resume');
  const present = digestOf(stream.state);
  const presentOfStalled = digestOf(new Map(stream.state).set('ballast', 0));
  await expect
    .poll(async () => (await stalled.run('states')).digests)
    .toEqual({ [presentOfStalled]: STALLED });
  const all = await reading.run('states');
  expect(all).toEqual({
    digests: { [present]: READING },
    closed: 0,
    fewest: stream.published,
    most: stream.published,
  });
  expect(await stalled.run('states')).toMatchObject({ closed: 0 });
  await expect.poll(async () => (await gateway.scrape()).sum('viaduct_sessions_conflating')).toBe(0);
});
