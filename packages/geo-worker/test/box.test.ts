import { describe, expect, it } from 'vitest';
import { type Bbox, type Crs, DATA_CRS, GeoMessage, resolveCrs } from '../src/index.js';

const box: Bbox = { minX: 10, minY: 10, maxX: 20, maxY: 20 };
const square = (low: number, high: number) => [
  [low, low],
  [high, low],
  [high, high],
  [low, high],
  [low, low],
];

function isIn(geometry: object, within: Bbox = box, crs: Crs = DATA_CRS): boolean {
  return GeoMessage.parse(JSON.stringify(geometry)).intersects(within, crs);
}

const polygon = (...coordinates: number[][][]) => ({ type: 'Polygon', coordinates });
const collection = (...geometries: object[]) => ({ type: 'GeometryCollection', geometries });

describe('polygons that overlap', () => {
  const both = [[square(0, 30)], [square(5, 25)]];

  it('cover what each of them covers', () => {
    expect(isIn({ type: 'MultiPolygon', coordinates: both })).toBe(true);
    expect(isIn(collection(polygon(square(0, 30)), polygon(square(5, 25))))).toBe(true);
  });

  it('are not covered by the polygons after them', () => {
    expect(isIn(collection(polygon(square(0, 30)), { type: 'Point', coordinates: [50, 50] }))).toBe(true);
    expect(isIn(collection(polygon(square(0, 30)), { type: 'LineString', coordinates: square(2, 28) }))).toBe(
      true,
    );
  });

  it('have holes of their own', () => {
    const holed = polygon(square(0, 30), square(5, 25));
    expect(isIn(holed)).toBe(false);
    expect(isIn(collection(holed, polygon(square(40, 50))))).toBe(false);
    expect(isIn(collection(holed, polygon(square(4, 26))))).toBe(true);
  });
});

describe('an invalid box', () => {
  it.each([
    { ...box, minY: 21 },
    { ...box, minX: Number.NaN },
    { ...box, maxY: Number.NaN },
    { ...box, maxX: Number.POSITIVE_INFINITY },
  ])('holds nothing that has a place: %o', (none) => {
    expect(isIn(polygon(square(0, 30)), none)).toBe(false);
    expect(isIn({ type: 'Point', coordinates: [15, 15] }, none)).toBe(false);
    expect(isIn({ type: 'Feature', geometry: null }, none)).toBe(true);
  });

  it('is a box whose left side is right of its right side, in a CRS that does not wrap', async () => {
    const swiss = await resolveCrs('epsg:2056');
    const line = {
      type: 'LineString',
      coordinates: [
        [6, 47],
        [10, 47],
      ],
    };
    expect(isIn(line, { minX: 2.5e6, minY: 1.1e6, maxX: 2.7e6, maxY: 1.3e6 }, swiss)).toBe(true);
    expect(isIn(line, { minX: 2.7e6, minY: 1.1e6, maxX: 2.5e6, maxY: 1.3e6 }, swiss)).toBe(false);
  });
});

describe('vertices that cannot be projected', () => {
  const world: Bbox = { minX: -3e7, minY: -3e7, maxX: 3e7, maxY: 3e7 };
  const strip: Bbox = { minX: -1e6, minY: 1e6, maxX: 1e6, maxY: 2e6 };

  it('put a geometry without other vertices in no box', async () => {
    const mercator = await resolveCrs('epsg:3857');
    expect(isIn({ type: 'Point', coordinates: [0, 95] }, world, mercator)).toBe(false);
    expect(
      isIn(
        {
          type: 'LineString',
          coordinates: [
            [0, 95],
            [1, -91],
          ],
        },
        world,
        mercator,
      ),
    ).toBe(false);
  });

  it('do not affect other vertices, but leave no segments to them', async () => {
    const mercator = await resolveCrs('epsg:3857');
    const broken = [
      [0, 0],
      [0, 95],
      [0, 60],
    ];
    expect(isIn({ type: 'LineString', coordinates: broken }, world, mercator)).toBe(true);
    expect(isIn({ type: 'LineString', coordinates: broken }, strip, mercator)).toBe(false);
    expect(
      isIn(
        {
          type: 'LineString',
          coordinates: [
            [0, 0],
            [0, 60],
          ],
        },
        strip,
        mercator,
      ),
    ).toBe(true);
  });

  it('leave unknown what is inside their ring, but not where its other edges are', async () => {
    const mercator = await resolveCrs('epsg:3857');
    const inside: Bbox = { minX: 4e5, minY: 4e5, maxX: 6e5, maxY: 6e5 };
    // 10 degrees east are at 1,113,195 m.
    const edge: Bbox = { ...inside, minX: 1.1e6, maxX: 1.2e6 };
    const whole = square(0, 10);
    const broken = polygon(whole.toSpliced(3, 0, [5, 95]));
    expect([inside, edge].map((within) => isIn(polygon(whole), within, mercator))).toEqual([true, true]);
    expect([inside, edge].map((within) => isIn(broken, within, mercator))).toEqual([false, true]);
  });
});

describe('a box in another angular unit', () => {
  it('repeats after a turn in that unit', async () => {
    const grads = await resolveCrs('epsg:4807');
    const point = { type: 'Point', coordinates: [-179, 0] };
    // 179 degrees west of Greenwich is 201.5 grads west of Paris, and so 198.5 east of it.
    expect(isIn(point, { minX: 198, minY: -1, maxX: 199, maxY: 1 }, grads)).toBe(true);
    expect(isIn(point, { minX: -202, minY: -1, maxX: -201, maxY: 1 }, grads)).toBe(true);
    expect(isIn(point, { minX: 190, minY: -1, maxX: -190, maxY: 1 }, grads)).toBe(true);
    expect(isIn(point, { minX: 199, minY: -1, maxX: -199, maxY: 1 }, grads)).toBe(false);
  });
});
