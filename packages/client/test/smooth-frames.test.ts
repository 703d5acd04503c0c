import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { FeatureId } from '../src/index.js';
import { Track } from '../src/track.js';
import { fakeFrames, pass } from './support/frames.js';
import { moving, pointOf, Scene } from './support/scene.js';
import { train } from './support/stack.js';

fakeFrames();

test('a frame moves only as many points as it has time for, and all get their turn', () => {
  const scene = new Scene({ ms: 10_000 });
  const COUNT = 20_000;
  const all = (x: number) => Array.from({ length: COUNT }, (_, id) => train(id, x, 0));
  scene.put(...all(0));
  scene.put(...all(10));
  scene.changes.length = 0;
  // A map that needs 10 µs for each point.
  scene.smooth.on('change', ({ updated }) => vi.advanceTimersByTime(updated.size / 100));
  const moved = new Map<FeatureId, number>();
  let frames = 0;
  while (moved.size < COUNT) {
    vi.advanceTimersToNextTimer();
    const inFrame = scene.changes.flatMap(({ updated }) => [...updated.keys()]);
    expect(inFrame.length).toBeGreaterThan(0);
    // 6 ms, and what was begun before they were over.
    expect(inFrame.length).toBeLessThanOrEqual(700);
    for (const id of inFrame) moved.set(id, (moved.get(id) ?? 0) + 1);
    scene.changes.length = 0;
    expect(++frames).toBeLessThan(COUNT / 500);
  }
  expect(Math.max(...moved.values()) - Math.min(...moved.values())).toBeLessThanOrEqual(1);
  expect([...scene.smooth].every(([, feature]) => (pointOf(feature)?.[0] ?? 0) > 0)).toBe(true);
});

test('a frame moves at most 3000 points even if no time seems to pass, and all end at their places', () => {
  const scene = new Scene({ ms: 1000 });
  const COUNT = 8000;
  const all = (x: number) => Array.from({ length: COUNT }, (_, id) => train(id, x, 0));
  scene.put(...all(0));
  scene.put(...all(10));
  const counts: number[] = [];
  while (vi.getTimerCount() > 0) {
    scene.changes.length = 0;
    vi.advanceTimersToNextTimer();
    counts.push(scene.changes.reduce((sum, { updated }) => sum + updated.size, 0));
  }
  expect(Math.max(...counts)).toBe(3000);
  expect([...scene.smooth].every(([id, feature]) => feature === scene.features.get(id))).toBe(true);
});

describe('on a screen of 1000 pixels, each of 0.08 units', () => {
  beforeEach(() => {
    vi.stubGlobal('innerWidth', 1000);
    vi.stubGlobal('devicePixelRatio', 1);
  });

  test('a point is moved only if it has moved by a pixel', () => {
    const scene = new Scene({ ms: 1000 });
    scene.put(train('a', 0, 0));
    scene.put(train('a', 0.8, 0));
    scene.changes.length = 0;
    pass(1000);
    const places = scene.changes.map(({ updated }) => pointOf(updated.get('a'))?.[0] ?? 0);
    // Ten pixels, some of them together because frames are 16 ms apart.
    expect(places.length).toBeGreaterThanOrEqual(8);
    expect(places.length).toBeLessThanOrEqual(10);
    for (const [index, place] of places.slice(0, -1).entries())
      expect(place - (places[index - 1] ?? 0)).toBeGreaterThanOrEqual(0.08 - 1e-9);
    expect(places.at(-1)).toBe(0.8);
  });

  test('a frame examines no more than 10,000 of the points that move slowly, and each gets its turn', () => {
    const scene = new Scene({ ms: 10_000 });
    const COUNT = 25_000;
    const all = (x: number) => Array.from({ length: COUNT }, (_, id) => train(id, x, 0));
    scene.put(...all(0));
    // Two pixels: the first one is due after five seconds.
    scene.put(...all(0.16));
    scene.changes.length = 0;
    const looks = vi.spyOn(Track.prototype, 'isDue');
    const counts: number[] = [];
    const seen = new Map<unknown, number>();
    for (let frame = 0; frame < 5; frame++) {
      looks.mockClear();
      vi.advanceTimersToNextTimer();
      counts.push(looks.mock.contexts.length);
      for (const track of looks.mock.contexts) seen.set(track, (seen.get(track) ?? 0) + 1);
    }
    looks.mockRestore();
    expect(scene.changes).toEqual([]);
    expect(counts).toEqual([10_000, 10_000, 10_000, 10_000, 10_000]);
    expect(seen.size).toBe(COUNT);
    expect(new Set(seen.values())).toEqual(new Set([2]));
    while (vi.getTimerCount() > 0) vi.advanceTimersToNextTimer();
    expect([...scene.smooth].every(([id, feature]) => feature === scene.features.get(id))).toBe(true);
  });

  test('a movement of less than a pixel is shown at once, but not a turn', () => {
    const scene = new Scene({ ms: 1000 });
    scene.put(train('a', 0, 0), train('b', 0, 0, { heading: 0 }));
    scene.put(train('a', 0.07, 0), train('b', 0.07, 0, { heading: 90 }));
    expect(scene.at('a')).toEqual([0.07, 0]);
    expect(scene.at('b')).toEqual([0, 0]);
    scene.changes.length = 0;
    pass(1000);
    expect(scene.at('b')).toEqual([0.07, 0]);
    // Of at least three degrees each.
    expect(scene.changes.length).toBeGreaterThan(15);
    expect(scene.changes.length).toBeLessThanOrEqual(30);
  });
});

test('a movement after a rest begins with the next frame', () => {
  const scene = moving();
  pass(1000);
  vi.advanceTimersByTime(60_000);
  scene.put(train('a', 8, 10));
  vi.advanceTimersToNextTimer();
  expect(scene.at('a')?.[0]).toBeGreaterThan(4);
  expect(scene.at('a')?.[0]).toBeLessThan(4.2);
});

test('a map that is slow to draw gets as long a pause as it has needed', () => {
  // A screen whose frames take as long as the map needs.
  let drawMs = 100;
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => setTimeout(run, drawMs));
  vi.stubGlobal('cancelAnimationFrame', clearTimeout);
  const scene = moving();
  const steps = (frames: number): number => {
    const { length } = scene.changes;
    for (let frame = 0; frame < frames; frame++) vi.advanceTimersToNextTimer();
    return scene.changes.length - length;
  };
  // Every second frame is a pause.
  expect(steps(8)).toBe(4);
  drawMs = 10;
  steps(1);
  expect(steps(10)).toBeGreaterThan(8);
});

test('after the last listener has gone, nothing moves, and nobody listens to the collection', () => {
  const scene = moving();
  const other = scene.smooth.on('change', () => {});
  scene.stop();
  expect(scene.isWatched).toBe(true);
  other();
  expect(scene.isWatched).toBe(false);
  expect(vi.getTimerCount()).toBe(0);
});

test('a listener that ends it in the middle of a frame is not called again', () => {
  const scene = new Scene({ ms: 1000 });
  const all = (x: number) => Array.from({ length: 300 }, (_, id) => train(id, x, 0));
  scene.put(...all(0));
  scene.put(...all(1));
  scene.stop();
  const calls: number[] = [];
  const stop = scene.smooth.on('change', ({ updated }) => {
    calls.push(updated.size);
    stop();
  });
  scene.put(...all(2));
  pass(500);
  expect(calls).toHaveLength(1);
});
