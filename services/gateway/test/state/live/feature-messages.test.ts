import { DATA_CRS, GeoMessage } from '@viaduct/geo-worker';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { captureView, type MemberView } from '../../../src/delivery/member.js';
import { SessionView } from '../../../src/session/view.js';
import { FeatureMessages } from '../../../src/state/live/feature-messages.js';
import { LiveIndex } from '../../../src/state/live/live-index.js';
import { point } from '../../support/live-client.js';

/** Longer than a message is kept without use, in ms. */
const LONG = 10_000;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** @param precision in degrees; null for the coordinates as they were published */
function view(precision: number | null = null): MemberView {
  const session = new SessionView(DATA_CRS);
  session.setProjection({ crs: DATA_CRS, axisOrder: 'xy', precision });
  return captureView(session);
}

function setUp() {
  const index = new LiveIndex('', { bytes: 0 });
  const content = GeoMessage.parse(point(1, 7.123456, 46.5));
  const feature = index.put('1', 1, { content, timestamp: 0, field: null });
  return { messages: new FeatureMessages('trains'), feature };
}

test('sessions with equal views that need a feature at about the same time receive the same message', () => {
  const { messages, feature } = setUp();
  expect(messages.of(feature, view())).toBe(messages.of(feature, view()));
  expect(messages.of(feature, view(0.01))).not.toBe(messages.of(feature, view()));
});

test('a message is kept while sessions need it again and again, and not after that', () => {
  const { messages, feature } = setUp();
  const first = messages.of(feature, view());
  for (let i = 0; i < 20; i++) {
    vi.advanceTimersByTime(900);
    expect(messages.of(feature, view())).toBe(first);
  }
  vi.advanceTimersByTime(LONG);
  expect(feature.encoded).toBeNull();
  expect(vi.getTimerCount()).toBe(0);
  expect(messages.of(feature, view())).not.toBe(first);
});

test('a message is sent from memory, so it has no delay, and it keeps no lists of other messages for long', () => {
  const { messages, feature } = setUp();
  const message = messages.of(feature, view());
  expect(message.arrivedAt).toBeNull();
  const list = message.head;
  expect(message.head).toBe(list);
  vi.advanceTimersByTime(900);
  expect(messages.of(feature, view())).toBe(message);
  vi.advanceTimersByTime(900);
  expect(messages.of(feature, view())).toBe(message);
  expect(message.head).not.toBe(list);
});

test('of messages that are in use, no more than 64 MiB are kept', () => {
  const { messages } = setUp();
  const index = new LiveIndex('', { bytes: 0 });
  const text = point(1, 7, 46).replace('{', `{"note":"${'.'.repeat(1024 * 1024)}",`);
  const features = Array.from({ length: 80 }, (_, id) =>
    index.put(String(id), id, { content: GeoMessage.parse(text), timestamp: 0, field: null }),
  );
  for (const feature of features) messages.of(feature, view());
  vi.advanceTimersByTime(1_000);
  const kept = features.filter(({ encoded }) => encoded !== null).length;
  expect(kept).toBeGreaterThan(60);
  expect(kept).toBeLessThanOrEqual(64);
});

test('a message for one kind of view is not kept because another kind is in use', () => {
  const { messages, feature } = setUp();
  const rounded = messages.of(feature, view(0.01));
  const plain = messages.of(feature, view());
  for (let i = 0; i < 5; i++) {
    vi.advanceTimersByTime(900);
    expect(messages.of(feature, view())).toBe(plain);
  }
  expect(messages.of(feature, view(0.01))).not.toBe(rounded);
});
