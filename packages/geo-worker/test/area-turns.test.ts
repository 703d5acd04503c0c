import { describe, expect, it } from 'vitest';
import { Area } from '../src/index.js';
import { BOX, feature, point, points, seen } from './support/visible.js';

function rectangle(minX: number, minY: number, maxX: number, maxY: number): number[][] {
  return [
    [minX, minY],
    [maxX, minY],
    [maxX, maxY],
    [minX, maxY],
    [minX, minY],
  ];
}

/** The same box as an area of each kind. */
const EACH_KIND = [
  ['a box', BOX],
  ['a polygon', Area.of({ type: 'Polygon', coordinates: [rectangle(5, 45, 11, 48)] })],
  [
    'many polygons',
    Area.of({
      type: 'MultiPolygon',
      coordinates: [[rectangle(5, 45, 11, 48)], [rectangle(100, -80, 101, -79)]],
    }),
  ],
] as const;

describe.each(EACH_KIND)('the visible part within an area that is %s', (_, area) => {
  const turns = (n: number, x: number): number => x + 360 * n;

  // By construction: in degrees of one turn, every place below is in the box 5..11, 45..48, or is not.
  it.each([
    ['points', points([20, 46], [turns(9, 20), 46], [turns(-9, 4), 46])],
    ['points above and below', points([7, 44], [turns(20, 7), 49])],
    [
      'lines',
      {
        type: 'MultiLineString',
        coordinates: [
          [
            [20, 46],
            [300, 46],
          ],
          [
            [turns(9, 20), 46],
            [turns(9, 300), 46],
          ],
        ],
      },
    ],
    [
      'a line of many turns',
      { type: 'LineString', coordinates: Array.from({ length: 60 }, (__, i) => [90 * i, 49]) },
    ],
    [
      'polygons',
      {
        type: 'MultiPolygon',
        coordinates: [[rectangle(20, 40, 300, 50)], [rectangle(turns(9, 20), 40, turns(9, 300), 50)]],
      },
    ],
    [
      'a mixture',
      {
        type: 'GeometryCollection',
        geometries: [
          point(20, 46),
          { type: 'Polygon', coordinates: [rectangle(turns(10, 12), 0, turns(10, 300), 50)] },
        ],
      },
    ],
  ])('is empty for a geometry that is wider than eight turns and is nowhere in it: %s', (__, geometry) => {
    expect(seen(feature(geometry), area)).toBeNull();
  });

  it.each([
    ['points', points([20, 46], [turns(9, 20), 46], [turns(-9, 7), 46])],
    [
      'a line of many turns',
      { type: 'LineString', coordinates: Array.from({ length: 60 }, (__, i) => [90 * i, 46]) },
    ],
    [
      'polygons',
      {
        type: 'MultiPolygon',
        coordinates: [[rectangle(20, 40, 300, 50)], [rectangle(turns(9, 4), 40, turns(9, 300), 50)]],
      },
    ],
    ['a point, eleven turns away', point(turns(11, 7), 46)],
  ])('is all of a geometry that is wider than eight turns and is somewhere in it: %s', (__, geometry) => {
    expect(seen(feature(geometry), area)).toBe(JSON.stringify(feature(geometry)));
  });
});
