import type { Feature, Geometry } from 'geojson';
import { describe, expect, test, vi } from 'vitest';
import { fakeFrames, pass } from './support/frames.js';
import { moving, pointOf, Scene } from './support/scene.js';
import { train } from './support/stack.js';

fakeFrames();

describe('a point that moves', () => {
  test.each([
    [250, 1],
    [500, 2],
    [750, 3],
  ])('is, after %d of 1000 ms, at x = %d of 4', (ms, x) => {
    const scene = moving();
    pass(ms);
    // Frames are up to 16 ms apart, in which the point moves by 0.064.
    expect(Math.abs((scene.at('a')?.[0] ?? 0) - x)).toBeLessThanOrEqual(0.065);
    expect(scene.at('a')?.[1]).toBe(10);
    expect(pointOf(scene.smooth.get('a'))).toEqual(scene.at('a'));
    expect([...scene.smooth].map(([, feature]) => pointOf(feature))).toEqual([scene.at('a')]);
  });

  test('ends as the feature that was published, and then costs nothing more', () => {
    const scene = moving();
    pass(1000);
    expect(scene.changes.at(-1)?.updated.get('a')).toBe(scene.features.get('a'));
    expect(vi.getTimerCount()).toBe(0);
    const { length } = scene.changes;
    pass(1000);
    expect(scene.changes).toHaveLength(length);
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
  /** Expects that the map received the place without a frame. */
  const expectAtOnce = (scene: Scene, place: number[]): void => {
    expect(scene.at('a')).toEqual(place);
    expect(vi.getTimerCount()).toBe(0);
  };

  test('points jump if they would move by more than a quarter of the diagonal of the view', () => {
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
    const { length } = scene.changes;
    scene.remove('a');
    expect(scene.changes.slice(length).map(({ removed, left }) => [[...removed.keys()], [...left]])).toEqual([
      [['a'], ['a']],
    ]);
    expect(scene.smooth.get('a')).toBeUndefined();
    pass(1000);
    expect(scene.changes).toHaveLength(length + 1);
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
    expect(scene.changes.at(-1)?.updated.get('a')).toEqual(line(1));
    scene.put(train('a', 1, 1));
    expectAtOnce(scene, [1, 1]);
  });

  test('the properties of points that stand still change', () => {
    const scene = new Scene({ ms: 1000 });
    scene.put(train('a', 0, 0, { speed: 1 }));
    scene.put(train('a', 0, 0, { speed: 2 }));
    expect(scene.changes.at(-1)?.updated.get('a')?.properties).toEqual({ speed: 2 });
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

test('a time that is not a positive number is refused', () => {
  expect(() => new Scene({ ms: 0 })).toThrow(
    new RangeError('ms is 0; it must be a positive number of milliseconds'),
  );
});
