import { setImmediate as nextTurn } from 'node:timers/promises';
import { eventually } from '@viaduct/testkit/wait';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SourceError } from '../../../src/sources/source.js';
import { gone, point } from '../../support/live-client.js';
import { LiveHarness, LiveHarnessClient } from '../../support/live-harness.js';

/** Enough for the hash to be read when they have expired. */
const TRIPS = Array.from({ length: 3_000 }, (_, i) => `trip ${i}`);

/** Longer than the time between that and the read, in ms. */
const UNTIL_READ_MS = 2_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** A channel whose hash has the given values, and trips that only came as messages, all of which a client sees. */
async function trips(hash: Readonly<Record<string, string>> = {}) {
  const harness = new LiveHarness(2 ** 24);
  for (const [field, value] of Object.entries(hash)) harness.hash.set(field, value);
  const channel = await harness.open('trips');
  const client = new LiveHarnessClient(channel);
  client.live.sendAll('subscribed');
  const show = (trip: string): void => harness.publish(point(trip, 7, 46));
  const expire = (trip: string): void => {
    const feature = channel.index.get(JSON.stringify(trip));
    if (feature !== undefined) channel.drop(feature, 'expire');
  };
  const expireAll = (): void => TRIPS.forEach(expire);
  TRIPS.forEach(show);
  return { harness, channel, client, show, expire, expireAll };
}

test('features that have expired are forgotten when the hash no longer has them, and do not come back if it has', async () => {
  const { harness, channel, client, expireAll } = await trips();
  for (const trip of TRIPS.slice(0, 100)) harness.hash.set(trip, point(trip, 7, 46));
  expireAll();
  await vi.advanceTimersByTimeAsync(UNTIL_READ_MS);
  await eventually(() => expect(channel.index.size).toBe(100));
  expect(client.ids).toEqual([]);
  expect(channel.index.get('"trip 17"')).toMatchObject({ expired: true });
});

test('features that have expired do not count as outside the view', async () => {
  const { harness, channel, client, expire } = await trips();
  for (const trip of TRIPS.slice(10)) expire(trip);
  expire('trip 11');
  const ends = () => client.statuses.filter(({ status }) => status === 'snapshot_end');
  const outside = async (): Promise<unknown> => {
    const before = ends().length;
    client.live.sendAll('subscribed');
    await eventually(() => expect(ends().length).toBeGreaterThan(before));
    return ends().at(-1)?.outside;
  };
  client.setBox(50, 50, 51, 51);
  expect(await outside()).toBe(10);
  harness.publish(point('trip 11', 7, 46));
  harness.publish(gone('trip 12'));
  expect(channel.index.size).toBe(TRIPS.length - 1);
  expect(await outside()).toBe(11);
});

test('the hash is not read because features expire and come back, however often', async () => {
  const { harness, show, expire, expireAll } = await trips();
  for (let round = 0; round < 3; round++) {
    for (const trip of TRIPS) {
      expire(trip);
      show(trip);
    }
  }
  await vi.advanceTimersByTimeAsync(UNTIL_READ_MS);
  expect(harness.reads).toBe(1);
  expireAll();
  await vi.advanceTimersByTimeAsync(UNTIL_READ_MS);
  expect(harness.reads).toBe(2);
});

test.each([
  ['before', 'features expire, and is in the hash only after that'],
  ['after', 'features have expired, and is in the hash only after it was read'],
])('a version stays that is published %s many %s', async (when) => {
  const { harness, channel, expireAll } = await trips({ a: point('a', 1, 1) });
  harness.hash.set('last', point('last', 1, 1));
  const release = harness.holdUpRead();
  if (when === 'before') harness.publish(point('a', 2, 2));
  expireAll();
  if (when === 'after') harness.publish(point('a', 2, 2));
  await nextTurn();
  if (when === 'before') harness.hash.set('a', point('a', 2, 2));
  await vi.advanceTimersByTimeAsync(UNTIL_READ_MS);
  await eventually(() => expect(harness.reads).toBe(2));
  if (when === 'after') harness.hash.set('a', point('a', 2, 2));
  release();
  // The others have been applied before.
  await eventually(() => expect(channel.index.get('"last"')).toBeDefined());
  expect(channel.index.get('"a"')?.text).toBe(point('a', 2, 2));
});

test('a read after many features have expired may fail: the live view continues, and a gap meanwhile is repaired', async () => {
  const { harness, channel, client, expireAll } = await trips();
  const release = harness.holdUpRead();
  harness.failRead(new SourceError('not_allowed', 'not now'));
  expireAll();
  await vi.advanceTimersByTimeAsync(UNTIL_READ_MS);
  await eventually(() => expect(harness.reads).toBe(2));
  harness.live.resumed();
  release();
  await vi.advanceTimersByTimeAsync(UNTIL_READ_MS);
  await eventually(() => expect(client.statuses.at(-1)).toMatchObject({ status: 'view', reason: 'gap' }));
  expect(harness.reads).toBe(3);
  expect(channel.closed).toBe(false);
});

test('a gap is repaired soon after its end, also if earlier attempts to read have failed for long', async () => {
  // Attempts follow each other after 1.5 s, 3 s, 6 s and so on, up to 45 s.
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  const { harness, channel, client, expireAll } = await trips({ a: point('a', 1, 1) });
  harness.failReads(new SourceError('source_unavailable', 'away'));
  expireAll();
  await vi.advanceTimersByTimeAsync(UNTIL_READ_MS + 100_000);
  const { reads } = harness;
  expect(reads).toBeGreaterThan(5);
  harness.failReads(null);
  harness.hash.set('a', point('a', 2, 2));
  harness.live.resumed();
  await vi.advanceTimersByTimeAsync(UNTIL_READ_MS);
  await eventually(() => expect(client.statuses.at(-1)).toMatchObject({ status: 'view', reason: 'gap' }));
  expect(channel.index.get('"a"')?.text).toBe(point('a', 2, 2));
  expect(harness.reads).toBe(reads + 1);
});
