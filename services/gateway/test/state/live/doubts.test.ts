import { setImmediate as nextTurn } from 'node:timers/promises';
import { eventually } from '@viaduct/testkit/wait';
import { afterEach, expect, test, vi } from 'vitest';
import { point } from '../../support/live-client.js';
import { LiveHarness } from '../../support/live-harness.js';

afterEach(() => {
  vi.useRealTimers();
});

test('however many features of one field are in doubt, the field is read once', async () => {
  const harness = new LiveHarness(2 ** 24);
  const ids = Array.from({ length: 500 }, (_, i) => `f${i}`);
  const collection = (lon: number): string =>
    `{"type":"FeatureCollection","features":[${ids.map((id) => point(id, lon, 1)).join()}]}`;
  harness.hash.set('all', collection(1));
  const channel = await harness.open('trains');
  const release = harness.holdUpRead();
  harness.live.resumed();
  await eventually(() => expect(harness.reads).toBe(2));
  harness.publish(collection(2));
  harness.hash.set('all', collection(3));
  release();
  await eventually(() => expect(channel.index.get('"f499"')?.text).toBe(point('f499', 3, 1)));
  expect(channel.index.get('"f0"')?.text).toBe(point('f0', 3, 1));
  expect(harness.fieldReads).toBe(1);
});

test('features that are published and never stored do not have the hash read all the time', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const harness = new LiveHarness();
  harness.readMs = 1_000;
  const opening = harness.open('trains');
  for (let i = 0; i < 120; i++) {
    harness.publish(point(`f${i}`, 7, 46));
    await vi.advanceTimersByTimeAsync(500);
    for (let turn = 0; turn < 5; turn++) await nextTurn();
  }
  await opening;
  // In one of these 60 seconds, and then in one of twenty.
  expect(harness.reads).toBeLessThanOrEqual(4);
});
