import type { Geometry } from 'geojson';
import { describe, expect, test } from 'vitest';
import { mayBeInBox } from '../src/extent.js';
import { type Box, INITIAL_VIEW } from '../src/view.js';

function isIn(geometry: Geometry, box: Box, projection: string | null = null): boolean {
  return mayBeInBox({ type: 'Feature', properties: {}, geometry }, { ...INITIAL_VIEW, box, projection });
}

function point(...coordinates: number[]): Geometry {
  return { type: 'Point', coordinates };
}

describe('in degrees', () => {
  test.each<[string, Box, Geometry, boolean]>([
    ['inside', [0, 0, 10, 10], point(5, 5), true],
    ['on an edge', [0, 0, 10, 10], point(10, 0), true],
    ['to the side', [0, 0, 10, 10], point(11, 5), false],
    ['above', [0, 0, 10, 10], point(5, 11), false],
    ['with a height', [0, 0, 10, 10], point(5, 5, 500), true],
    ['in a box across the antimeridian, west of it', [170, 0, -170, 10], point(175, 5), true],
    ['in a box across the antimeridian, east of it', [170, 0, -170, 10], point(-175, 5), true],
    ['outside a box across the antimeridian', [170, 0, -170, 10], point(0, 5), false],
    ['in a box that continues beyond 180 degrees', [170, 0, 190, 10], point(-175, 5), true],
    ['in a box of a second turn round the earth', [725, 0, 735, 10], point(10, 5), true],
    ['outside a box of a second turn round the earth', [725, 0, 735, 10], point(20, 5), false],
    ['in a box of all longitudes', [-500, 0, 500, 10], point(20, 5), true],
  ])('%s', (_what, box, geometry, expected) => {
    expect(isIn(geometry, box)).toBe(expected);
  });
});

describe('in metres', () => {
  const box: Box = [19_500_000, -3_000_000, 20_500_000, -1_000_000];

  test.each<[string, Box, Geometry, boolean]>([
    ['inside', [0, 0, 200, 200], point(100, 100), true],
    ['to the side, within 360', [360, 0, 560, 200], point(100, 100), false],
    ['in a box across the edge, west of it', box, point(19_600_000, -2_000_000), true],
    ['in a box across the edge, east of it', box, point(-19_981_849, -2_037_548), true],
    ['outside a box across the edge', box, point(0, -2_000_000), false],
    ['in a box of a second world', [41e6, 58e5, 415e5, 62e5], point(950_670, 6_001_000), true],
    ['with left beyond right', [195e5, -3e6, -195e5, -1e6], point(-19_981_849, -2_037_548), true],
  ])('%s', (_what, at, geometry, expected) => {
    expect(isIn(geometry, at, 'epsg:3857')).toBe(expected);
  });

  test('a projection of unknown width decides by north and south if left is beyond right', () => {
    expect(isIn(point(0, 5), [170, 0, -170, 10], 'epsg:3994')).toBe(true);
    expect(isIn(point(0, 50), [170, 0, -170, 10], 'epsg:3994')).toBe(false);
  });
});

test('all parts of a geometry count', () => {
  const polygon: Geometry = {
    type: 'Polygon',
    coordinates: [
      [
        [0, 0],
        [9, 0],
        [9, 9],
        [0, 0],
      ],
    ],
  };
  expect(isIn(polygon, [8, 8, 20, 20])).toBe(true);
  const collection: Geometry = { type: 'GeometryCollection', geometries: [point(50, 50), polygon] };
  expect(isIn(collection, [49, 49, 51, 51])).toBe(true);
  expect(isIn(collection, [60, 0, 70, 10])).toBe(false);
});

test('a geometry without coordinates has no place, and is in every box', () => {
  expect(isIn({ type: 'MultiPoint', coordinates: [] }, [0, 0, 1, 1])).toBe(true);
});
