import type { Feature, Geometry } from 'geojson';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { FeatureId } from '../src/index.js';
import { Track } from '../src/track.js';
import { pointOf, Scene } from './support/scene.js';
import { train } from './support/stack.js';

/** Milliseconds between two frames of the fake clock. */
const FRAME_MS = 16;

/** A point in motion from x = 0 to x = 4 within a second. */
function moving(from = {}, to = {}): Scene {
  const scene = new Scene({ ms: 1000 });
  scene.put(train('a', 0, 10, from));
  scene.put(train('a', 4, 10, to));
  return scene;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Lets that many milliseconds pass, with a frame at the end of them. */
function pass(ms: number): void {
  vi.advanceTimersByTime(ms - (ms % FRAME_MS) + FRAME_MS);
}

describe('a point that moves', () => {
  test.each([
    [250, 1],
    [500, 2],
    [750, 3],
  ])('is after %d of 1000 ms at x = %d of 4', (ms, x) => {
    const scene = moving();
    pass(ms);
    // Frames are up to 16 ms apart, in which the point moves by 0.064.
    expect(Math.abs((scene.at('a')?.[0] ?? 0) - x)).toBeLessThanOrEqual(0.065);
    expect(scene.at('a')?.[1]).toBe(10);
    expect(pointOf(scene.smooth.get('a'))).toEqual(scene.at('a'));
    expect([...scene.smooth].map(([, feature]) => pointOf(feature))).toEqual([scene.at('a')]);
  });

  test('is in the end the feature that was published, and then costs nothing more', () => {
    const scene = moving();
    pass(1000);
    expect(scene.told.at(-1)?.updated.get('a')).toBe(scene.features.get('a'));
    expect(vi.getTimerCount()).toBe(0);
    const { length } = scene.told;
    pass(1000);
    expect(scene.told).toHaveLength(length);
  });

  test('moves as long as the time between its last two updates by default, and at most 6 seconds', () => {
    const scene = new Scene();
    scene.put(train('a', 0, 0));
    vi.advanceTimersByTime(2000);
    scene.put(train('a', 2, 0));
    pass(1150);
    // Half of 2000 ms and the margin of 15 percent.
    expect(scene.at('a')?.[0]).toBeCloseTo(1, 1);
    vi.advanceTimersByTime(58_850);
    scene.put(train('a', 8, 0));
    pass(3000);
    expect(scene.at('a')?.[0]).toBeCloseTo(5, 1);
    pass(3000);
    expect(scene.at('a')).toEqual([8, 0]);
  });

  test('continues from its shown place if the next update comes early', () => {
    const scene = moving();
    pass(500);
    const [x = 0] = scene.at('a') ?? [];
    scene.put(train('a', x, 18));
    pass(500);
    expect(scene.at('a')?.[0]).toBeCloseTo(x, 1);
    expect(Math.abs((scene.at('a')?.[1] ?? 0) - 14)).toBeLessThanOrEqual(0.13);
  });

  test('keeps its movement when only its properties change, and has them at once', () => {
    const scene = moving({ speed: 1 }, { speed: 1 });
    pass(250);
    scene.put(train('a', 4, 10, { speed: 2 }));
    pass(250);
    expect(scene.smooth.get('a')?.properties).toEqual({ speed: 2 });
    expect(scene.at('a')?.[0]).toBeGreaterThan(1.9);
    expect(scene.at('a')?.[0]).toBeLessThan(2.2);
  });

  test('moves in height as well, and gains a height that it did not have', () => {
    const scene = new Scene({ ms: 1000 });
    const point = (id: string, ...coordinates: number[]): Feature<Geometry> => ({
      type: 'Feature',
      id,
      geometry: { type: 'Point', coordinates },
      properties: null,
    });
    scene.put(point('a', 0, 0, 100), point('b', 0, 0));
    scene.put(point('a', 0, 1, 200), point('b', 0, 1, 300));
    pass(500);
    expect(Math.abs((scene.at('a')?.[2] ?? 0) - 150)).toBeLessThanOrEqual(2);
    expect(scene.at('b')?.[2]).toBe(300);
  });
});

describe('a heading', () => {
  test.each([
    [350, 30, 10],
    [10, 330, 350],
    [90, 260, 175],
    [0, 90, 45],
    [-10, 10, 0],
  ])('that turns from %d to %d degrees leads halfway over %d', (from, to, half) => {
    const scene = moving({ heading: from }, { heading: to });
    vi.advanceTimersByTime(496);
    const off = Math.abs(Number(scene.heading('a')) - half) % 360;
    expect(Math.min(off, 360 - off)).toBeLessThanOrEqual(1);
    pass(1000);
    expect(scene.heading('a')).toBe(to);
  });

  test('may have another name, and also turns on the spot', () => {
    const scene = new Scene({ ms: 1000, heading: 'course' });
    scene.put(train('a', 0, 0, { course: 0, heading: 0 }));
    scene.put(train('a', 0, 0, { course: 100, heading: 100 }));
    vi.advanceTimersByTime(496);
    expect(scene.smooth.get('a')?.properties?.heading).toBe(100);
    expect(Number(scene.smooth.get('a')?.properties?.course)).toBeCloseTo(50, -1);
  });

  test('that is not a number is shown as it is', () => {
    const scene = moving({ heading: 'north' }, { heading: 90 });
    pass(500);
    expect(scene.heading('a')).toBe(90);
  });
});

describe('at once', () => {
  /** Expects that the map was told the place without a frame. */
  const expectAtOnce = (scene: Scene, place: number[]): void => {
    expect(scene.at('a')).toEqual(place);
    expect(vi.getTimerCount()).toBe(0);
  };

  test('points jump further than a quarter of the diagonal of the view', () => {
    const scene = new Scene({ ms: 1000 });
    // The box is 80 by 60, so its diagonal is 100.
    scene.put(train('a', 0, 0));
    scene.put(train('a', 25.1, 0));
    expectAtOnce(scene, [25.1, 0]);
    scene.put(train('a', 0.2, 0));
    expect(scene.at('a')).toEqual([25.1, 0]);
    expect(vi.getTimerCount()).toBe(1);
  });

  test('features appear, and leave while they move', () => {
    const scene = moving();
    pass(250);
    const { length } = scene.told;
    scene.remove('a');
    expect(scene.told.slice(length).map(({ removed, left }) => [[...removed.keys()], [...left]])).toEqual([
      [['a'], ['a']],
    ]);
    expect(scene.smooth.get('a')).toBeUndefined();
    pass(1000);
    expect(scene.told).toHaveLength(length + 1);
    scene.put(train('a', 7, 7));
    expectAtOnce(scene, [7, 7]);
  });

  test('features that are not points change', () => {
    const scene = new Scene({ ms: 1000 });
    const line = (x: number): Feature<Geometry> => ({
      ...train('a', 0, 0),
      geometry: {
        type: 'LineString',
        coordinates: [
          [x, 0],
          [x, 1],
        ],
      },
    });
    scene.put(line(0));
    scene.put(line(1));
    expect(scene.told.at(-1)?.updated.get('a')).toEqual(line(1));
    scene.put(train('a', 1, 1));
    expectAtOnce(scene, [1, 1]);
  });

  test('properties change of points that stand still', () => {
    const scene = new Scene({ ms: 1000 });
    scene.put(train('a', 0, 0, { speed: 1 }));
    scene.put(train('a', 0, 0, { speed: 2 }));
    expect(scene.told.at(-1)?.updated.get('a')?.properties).toEqual({ speed: 2 });
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([
    ['the user prefers reduced motion', false, true],
    ['the page is hidden', true, false],
  ])('points move if %s', (_, hidden, reduced) => {
    const asked = vi.fn((_query: string) => ({ matches: reduced }));
    vi.stubGlobal('document', { hidden });
    vi.stubGlobal('matchMedia', asked);
    expectAtOnce(moving(), [4, 10]);
    for (const [query] of asked.mock.calls) expect(query).toBe('(prefers-reduced-motion: reduce)');
  });

  test('points in motion arrive if the user begins to prefer reduced motion, with their next update', () => {
    const preference = { matches: false };
    vi.stubGlobal('document', { hidden: false });
    vi.stubGlobal('matchMedia', () => preference);
    const scene = moving();
    pass(250);
    preference.matches = true;
    scene.put(train('a', 5, 10));
    expect(scene.at('a')).toEqual([5, 10]);
  });
});

test('a frame moves only as many points as it has time for, and all get their turn', () => {
  const scene = new Scene({ ms: 10_000 });
  const COUNT = 20_000;
  const all = (x: number) => Array.from({ length: COUNT }, (_, id) => train(id, x, 0));
  scene.put(...all(0));
  scene.put(...all(10));
  scene.told.length = 0;
  // A map that needs 10 µs for each point.
  scene.smooth.on('change', ({ updated }) => vi.advanceTimersByTime(updated.size / 100));
  const moved = new Map<FeatureId, number>();
  let frames = 0;
  while (moved.size < COUNT) {
    vi.advanceTimersToNextTimer();
    const inFrame = scene.told.flatMap(({ updated }) => [...updated.keys()]);
    expect(inFrame.length).toBeGreaterThan(0);
    // 6 ms, and what was begun before they were over.
    expect(inFrame.length).toBeLessThanOrEqual(700);
    for (const id of inFrame) moved.set(id, (moved.get(id) ?? 0) + 1);
    scene.told.length = 0;
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
    scene.told.length = 0;
    vi.advanceTimersToNextTimer();
    counts.push(scene.told.reduce((sum, { updated }) => sum + updated.size, 0));
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
    scene.told.length = 0;
    pass(1000);
    const places = scene.told.map(({ updated }) => pointOf(updated.get('a'))?.[0] ?? 0);
    // Ten pixels, some of them together because frames are 16 ms apart.
    expect(places.length).toBeGreaterThanOrEqual(8);
    expect(places.length).toBeLessThanOrEqual(10);
    for (const [index, place] of places.slice(0, -1).entries())
      expect(place - (places[index - 1] ?? 0)).toBeGreaterThanOrEqual(0.08 - 1e-9);
    expect(places.at(-1)).toBe(0.8);
  });

  test('a frame looks at no more than 10,000 of the points that move slowly, and each gets its turn', () => {
    const scene = new Scene({ ms: 10_000 });
    const COUNT = 25_000;
    const all = (x: number) => Array.from({ length: COUNT }, (_, id) => train(id, x, 0));
    scene.put(...all(0));
    // Two pixels: the first one is due after five seconds.
    scene.put(...all(0.16));
    scene.told.length = 0;
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
    expect(scene.told).toEqual([]);
    expect(counts).toEqual([10_000, 10_000, 10_000, 10_000, 10_000]);
    expect(seen.size).toBe(COUNT);
    expect(new Set(seen.values())).toEqual(new Set([2]));
    while (vi.getTimerCount() > 0) vi.advanceTimersToNextTimer();
    expect([...scene.smooth].every(([id, feature]) => feature === scene.features.get(id))).toBe(true);
  });

  test('a movement by less than a pixel is shown at once, but not a turn', () => {
    const scene = new Scene({ ms: 1000 });
    scene.put(train('a', 0, 0), train('b', 0, 0, { heading: 0 }));
    scene.put(train('a', 0.07, 0), train('b', 0.07, 0, { heading: 90 }));
    expect(scene.at('a')).toEqual([0.07, 0]);
    expect(scene.at('b')).toEqual([0, 0]);
    scene.told.length = 0;
    pass(1000);
    expect(scene.at('b')).toEqual([0.07, 0]);
    // Of at least three degrees each.
    expect(scene.told.length).toBeGreaterThan(15);
    expect(scene.told.length).toBeLessThanOrEqual(30);
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
    const { length } = scene.told;
    for (let frame = 0; frame < frames; frame++) vi.advanceTimersToNextTimer();
    return scene.told.length - length;
  };
  // Each second frame is a pause.
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

test('a time that is not a positive number is refused', () => {
  expect(() => new Scene({ ms: 0 })).toThrow(
    new RangeError('ms is 0; it must be a positive number of milliseconds'),
  );
});
