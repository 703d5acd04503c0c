import { describe, expect, test, vi } from 'vitest';
import { debounce } from '../src/debounce.js';
import { type FollowOptions, followDeck } from '../src/deck-gl.js';
import { fakeClock } from './support/fake-clock.js';
import { openClient } from './support/fake-wire.js';

fakeClock();

/** The part of deck.gl that is followed. */
const DECK = {
  isInitialized: true,
  getViewports: () => [{ getBounds: () => [0, 40, 10, 50] }],
} as unknown as Parameters<typeof followDeck>[1];

test('options that are undefined have their defaults', async () => {
  const { viaduct } = await openClient();
  const options = { debounceMs: undefined, margin: undefined } as unknown as FollowOptions;
  const follower = followDeck(viaduct, DECK, options);
  follower.moved();
  vi.advanceTimersByTime(199);
  expect(viaduct.view.box).toBe(null);
  vi.advanceTimersByTime(1);
  // A tenth of ten degrees more on each side.
  expect(viaduct.view.box).toEqual([-1, 39, 11, 51]);
});

test('the step, the trimming and the hints that the program has set stay', async () => {
  const { viaduct } = await openClient();
  const box = [1, 2, 3, 4] as const;
  viaduct.setProjection('EPSG:4326', { precision: 0.1 }).catch(() => {});
  viaduct.setBox(box, { trim: true, hints: { floor: 2 } }).catch(() => {});
  followDeck(viaduct, DECK).moved();
  vi.advanceTimersByTime(200);
  expect(viaduct.view).toEqual({
    projection: 'EPSG:4326',
    precision: 0.1,
    box: [-1, 39, 11, 51],
    trim: true,
    hints: { floor: 2 },
  });
});

test('two maps that follow with one client are mentioned on the console, but not one after the other', async () => {
  const info = vi.spyOn(console, 'info').mockImplementation(() => {});
  // What has been printed is kept for the whole process, which other tests share.
  vi.resetModules();
  const { followDeck } = await import('../src/deck-gl.js');
  try {
    const { viaduct } = await openClient();
    const first = followDeck(viaduct, DECK);
    first.stop();
    first.stop();
    followDeck(viaduct, DECK);
    expect(info).not.toHaveBeenCalled();
    followDeck(viaduct, DECK);
    expect(info.mock.calls).toEqual([
      [expect.stringContaining('followDeck follows another map with the same client')],
    ]);
  } finally {
    info.mockRestore();
  }
});

describe('a call that is delayed until a map stands still', () => {
  test('happens once after the last movement', () => {
    const run = vi.fn();
    const { later } = debounce(run, 200, 1000);
    for (let i = 0; i < 3; i++) {
      later();
      vi.advanceTimersByTime(150);
    }
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(50);
    expect(run).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(5000);
    expect(run).toHaveBeenCalledTimes(1);
  });

  test('happens again and again while the map keeps moving', () => {
    const run = vi.fn();
    const { later } = debounce(run, 200, 1000);
    for (let ms = 0; ms < 2500; ms += 50) {
      later();
      vi.advanceTimersByTime(50);
    }
    expect(run).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(200);
    expect(run).toHaveBeenCalledTimes(3);
  });
});
