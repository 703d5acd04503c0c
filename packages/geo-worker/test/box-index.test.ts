import { fc } from '@viaduct/testkit/properties';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Bbox, BoxIndex, type Crs, DATA_CRS, GeoMessage, resolveCrs } from '../src/index.js';
import { degreesBox, geoJson } from './support/arbitraries.js';

let crss: Crs[];

beforeAll(async () => {
  crss = [DATA_CRS, ...(await Promise.all(['epsg:3857', 'epsg:4807', 'epsg:2056'].map(resolveCrs)))];
});

const metresBox: fc.Arbitrary<Bbox> = fc
  .tuple(
    fc.double({ min: -2e7, max: 2e7, noNaN: true }),
    fc.double({ min: -2e7, max: 2e7, noNaN: true }),
    fc.double({ min: 0, max: 7, noNaN: true }).map((exponent) => 10 ** exponent),
    fc.double({ min: 0.2, max: 2, noNaN: true }),
  )
  .map(([minX, minY, size, ratio]) => ({ minX, minY, maxX: minX + size, maxY: minY + size * ratio }));

const strangeBox = fc.constantFrom<Bbox>(
  { minX: -1e308, minY: -1e308, maxX: 1e308, maxY: 1e308 },
  { minX: 5, minY: 5, maxX: -5, maxY: -5 },
  { minX: 0, minY: 0, maxX: 0, maxY: 0 },
  { minX: -180, minY: -90, maxX: 180, maxY: 90 },
  { minX: 180, minY: -90, maxX: -180, maxY: 90 },
  { minX: 1e14, minY: 0, maxX: 1e14 + 1, maxY: 1 },
  { minX: 2.6e6, minY: -9e5, maxX: 2.6e6 + 300, maxY: 9e5 },
  { minX: Number.NaN, minY: 0, maxX: 1, maxY: 1 },
);

const anyBox = fc.oneof(
  { weight: 5, arbitrary: degreesBox },
  { weight: 3, arbitrary: metresBox },
  { weight: 1, arbitrary: strangeBox },
);

type Step =
  | { readonly kind: 'set'; readonly member: number; readonly box: Bbox }
  | { readonly kind: 'pan'; readonly member: number; readonly by: number }
  | { readonly kind: 'delete'; readonly member: number };

const member = fc.integer({ min: 0, max: 30 });
const steps = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({ kind: fc.constant('set' as const), member, box: anyBox }),
    fc.record({ kind: fc.constant('pan' as const), member, by: fc.double({ min: -1, max: 1, noNaN: true }) }),
    fc.record({ kind: fc.constant('delete' as const), member }),
  ),
  { maxLength: 80 },
);

function apply(step: Step, index: BoxIndex<number>, boxes: Map<number, Bbox>): void {
  if (step.kind === 'delete') {
    index.delete(step.member);
    boxes.delete(step.member);
    return;
  }
  const old = boxes.get(step.member);
  if (step.kind === 'pan' && old === undefined) return;
  const by = step.kind === 'pan' && old !== undefined ? step.by * (old.maxX - old.minX) : 0;
  const box =
    step.kind === 'set'
      ? step.box
      : { ...(old as Bbox), minX: (old as Bbox).minX + by, maxX: (old as Bbox).maxX + by };
  index.set(step.member, box);
  boxes.set(step.member, { ...box });
}

function matching<T>(index: BoxIndex<T>, message: GeoMessage): T[] {
  const found: T[] = [];
  index.match(message, (one) => found.push(one));
  return found;
}

const pointAt = (lon: number, lat: number) =>
  GeoMessage.parse(JSON.stringify({ type: 'Point', coordinates: [lon, lat] }));

describe('an index of boxes', () => {
  it('finds the same members as a scan of all boxes, each once, whatever was set and deleted before', () => {
    fc.assert(
      fc.property(
        steps,
        fc.array(geoJson, { minLength: 1, maxLength: 5 }),
        fc.nat(),
        (history, values, pick) => {
          const crs = crss[pick % crss.length] as Crs;
          const index = new BoxIndex<number>(crs);
          const boxes = new Map<number, Bbox>();
          for (const step of history) apply(step, index, boxes);
          expect(index.size).toBe(boxes.size);
          for (const value of values) {
            const message = GeoMessage.parse(JSON.stringify(value));
            const wanted = [...boxes].filter(([, box]) => message.intersects(box, crs)).map(([one]) => one);
            expect(matching(index, message).sort((a, b) => a - b)).toEqual(wanted.sort((a, b) => a - b));
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('finds among thousands of boxes of every size', () => {
    const index = new BoxIndex<number>(DATA_CRS);
    const boxes = Array.from({ length: 4000 }, (_, i): Bbox => {
      const [size, minX, minY] = [
        0.001 * 2 ** (i % 18),
        ((i * 7919) % 36_000) / 100 - 180,
        ((i * 104_729) % 18_000) / 100 - 90,
      ];
      return { minX, minY, maxX: minX + size, maxY: minY + size };
    });
    for (const [i, box] of boxes.entries()) index.set(i, box);
    for (let i = 0; i < 200; i++) {
      const message =
        i % 2 === 0
          ? pointAt(i * 1.79 - 179, i * 0.8 - 80)
          : GeoMessage.parse(
              JSON.stringify({
                type: 'LineString',
                coordinates: [
                  [i * 1.79 - 179, i * 0.8 - 80],
                  [i * 1.7 - 170, 0],
                  [i, 10],
                ],
              }),
            );
      const wanted = boxes.flatMap((box, one) => (message.intersects(box, DATA_CRS) ? [one] : []));
      expect(matching(index, message).sort((a, b) => a - b)).toEqual(wanted);
    }
  });

  it('ignores changes to a box object after it was set', () => {
    const index = new BoxIndex<string>(DATA_CRS);
    const box = { minX: 0, minY: 0, maxX: 1, maxY: 1 };
    index.set('a', box);
    box.maxX = 100;
    expect(matching(index, pointAt(50, 0.5))).toEqual([]);
    expect(matching(index, pointAt(0.5, 0.5))).toEqual(['a']);
  });

  it('finds every member for a message without a place', () => {
    const index = new BoxIndex<string>(DATA_CRS);
    index.set('a', { minX: 0, minY: 0, maxX: 1, maxY: 1 });
    index.set('b', { minX: 5, minY: 5, maxX: 6, maxY: 6 });
    expect(matching(index, GeoMessage.parse('{"hello":"world"}')).sort()).toEqual(['a', 'b']);
    expect(matching(index, GeoMessage.parse('{"type":"FeatureCollection","features":[]}')).sort()).toEqual([
      'a',
      'b',
    ]);
  });

  it('lets the visitor set and delete members', () => {
    const index = new BoxIndex<number>(DATA_CRS);
    const world = { minX: -180, minY: -90, maxX: 180, maxY: 90 };
    for (let i = 0; i < 50; i++) index.set(i, world);
    const seen: number[] = [];
    index.match(pointAt(1, 1), (one) => {
      seen.push(one);
      index.delete(one);
      index.delete((one + 1) % 50);
      index.set(one + 100, world);
      index.match(pointAt(2, 2), () => undefined);
    });
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(index.size).toBe(50);
    expect(matching(index, pointAt(1, 1)).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 50 }, (_, i) => i + 100),
    );
  });

  it('is empty after every member is deleted, and ignores unknown members', () => {
    const index = new BoxIndex<string>(DATA_CRS);
    index.delete('nobody');
    index.set('a', { minX: 170, minY: 0, maxX: -170, maxY: 1 });
    index.delete('a');
    index.delete('a');
    expect(index.size).toBe(0);
    expect(matching(index, pointAt(180, 0.5))).toEqual([]);
  });
});

describe('coordinates that are not degrees', () => {
  it('are in a box around them, too', () => {
    const box = { minX: 2_600_000, minY: 1_200_000, maxX: 2_600_500, maxY: 1_200_500 };
    const index = new BoxIndex<string>(DATA_CRS);
    index.set('a', box);
    for (const [y, found] of [
      [1_200_100, ['a']],
      [1_300_000, []],
    ] as const) {
      const message = pointAt(2_600_100.25, y);
      expect(message.intersects(box, DATA_CRS)).toBe(found.length > 0);
      expect(matching(index, message)).toEqual(found);
    }
  });
});
