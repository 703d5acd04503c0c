import { GeoMessage } from '@viaduct/geo-worker';
import { eventually } from '@viaduct/testkit/wait';
import { expect, test } from 'vitest';
import { Expiry } from '../../../src/state/live/expiry.js';
import { LiveIndex } from '../../../src/state/live/live-index.js';
import { point } from '../../support/live-client.js';
import { createLongWork } from '../../support/work.js';

/** Keeps the event loop busy. */
function spin(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** An index whose features all expire at once, each of which takes a while. */
function expiringTogether(count: number, expired: (id: unknown) => void) {
  const index = new LiveIndex('', { bytes: 0 });
  const put = (id: number): void => {
    const content = GeoMessage.parse(point(id, id, 1));
    index.put(String(id), id, { content, timestamp: 0, field: null });
  };
  for (let id = 0; id < count; id++) put(id);
  const expiry = new Expiry(index, 1, createLongWork(), (feature) => {
    spin(1);
    index.expire(feature);
    expired(feature.id);
  });
  return { index, expiry, put };
}

test('features that expire together are dropped in turns, between which others are served', async () => {
  let round = 0;
  const rounds: number[] = [];
  const { expiry } = expiringTogether(40, () => rounds.push(round));
  while (rounds.length < 40) {
    await new Promise((resolve) => setImmediate(resolve));
    round++;
  }
  expiry.close();
  expect(new Set(rounds).size).toBeGreaterThan(2);
});

test('a feature of which there is news between two turns does not expire', async () => {
  const expired: unknown[] = [];
  const { expiry, put } = expiringTogether(40, (id) => {
    if (expired.push(id) === 1) put(39);
  });
  await eventually(() => expect(expired).toContain(38));
  const inFirstSweep = expired.slice(0, 39);
  expiry.close();
  expect(inFirstSweep).not.toContain(39);
});
