import * as turf from '@turf/turf';
import { fc } from '@viaduct/testkit/properties';
import type { Geometry, MultiPolygon, Polygon, Position } from 'geojson';
import { describe, expect, it } from 'vitest';
import { Area, GeoMessage } from '../src/index.js';
import { exactDegrees, geometry, polygon } from './support/valid-geometry.js';

/** turf's booleanIntersects as the oracle, on valid geometries; where geometries touch, exact whole numbers. */

const area: fc.Arbitrary<Polygon | MultiPolygon> = fc.oneof(
  polygon,
  fc.tuple(polygon, polygon, fc.integer({ min: 60, max: 90 })).map(
    ([one, other, apart]): MultiPolygon => ({
      type: 'MultiPolygon',
      coordinates: [
        one.coordinates,
        other.coordinates.map((ring) => ring.map(([x = 0, y = 0]): Position => [x + 2 * apart, y])),
      ],
    }),
  ),
);

function admits(within: Polygon | MultiPolygon, at: Geometry): boolean {
  return GeoMessage.parse(JSON.stringify(at)).within(Area.of(within)) !== null;
}

/** On which side of a line through two points a third one is: exact for small whole numbers. */
function side([ax = 0, ay = 0]: Position, [bx = 0, by = 0]: Position, [x = 0, y = 0]: Position): number {
  return Math.sign((bx - ax) * (y - ay) - (by - ay) * (x - ax));
}

function isBetween(p: Position, a: Position, b: Position): boolean {
  const within = (at = 0, from = 0, to = 0) => Math.min(from, to) <= at && at <= Math.max(from, to);
  return side(a, b, p) === 0 && within(p[0], a[0], b[0]) && within(p[1], a[1], b[1]);
}

function segmentsCross(a: Position, b: Position, c: Position, d: Position): boolean {
  if (side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0) return true;
  return isBetween(a, c, d) || isBetween(b, c, d) || isBetween(c, a, b) || isBetween(d, a, b);
}

function isInTriangle(p: Position, ring: readonly Position[]): boolean {
  const sides = segments(ring).map(([a, b]) => side(a, b, p));
  return sides.every((each) => each >= 0) || sides.every((each) => each <= 0);
}

function segments(line: readonly Position[]): [Position, Position][] {
  return line.slice(1).map((end, i) => [line[i] as Position, end]);
}

/** Whether a point, line or triangle has a point in common with a triangle: turf misses some corners on lines. */
function meetsTriangle(at: Geometry, { coordinates: [ring = []] }: Polygon): boolean {
  if (at.type === 'Point') return isInTriangle(at.coordinates, ring);
  if (at.type !== 'LineString' && at.type !== 'Polygon') throw new TypeError(at.type);
  const line = at.type === 'Polygon' ? (at.coordinates[0] ?? []) : at.coordinates;
  const crosses = segments(line).some(([a, b]) => segments(ring).some(([c, d]) => segmentsCross(a, b, c, d)));
  const covers = at.type === 'Polygon' && isInTriangle(ring[0] as Position, line);
  return crosses || covers || isInTriangle(line[0] as Position, ring);
}

describe('an area of polygons', () => {
  it('agrees with turf', () => {
    let met = 0;
    fc.assert(
      fc.property(geometry, area, (at, within) => {
        const expected = turf.booleanIntersects(at, within);
        if (expected) met++;
        expect(admits(within, at)).toBe(expected);
      }),
      { numRuns: 1000 },
    );
    expect(met).toBeGreaterThan(100);
  });

  it('agrees with whole numbers where things touch: on a coarse grid', () => {
    const cell = fc.integer({ min: 0, max: 6 });
    const node = fc.tuple(cell, cell);
    const triangle = fc
      .uniqueArray(node, { minLength: 3, maxLength: 3, selector: String })
      .filter(([a, b, c]) => {
        if (a === undefined || b === undefined || c === undefined) return false;
        return (b[0] - a[0]) * (c[1] - a[1]) !== (c[0] - a[0]) * (b[1] - a[1]);
      });
    const triangular = triangle.map(
      (ring): Polygon => ({ type: 'Polygon', coordinates: [[...ring, ring[0] as Position]] }),
    );
    const gridGeometry: fc.Arbitrary<Geometry> = fc.oneof(
      triangular,
      node.map((coordinates): Geometry => ({ type: 'Point', coordinates })),
      fc
        .uniqueArray(node, { minLength: 2, maxLength: 4, selector: String })
        .map((coordinates): Geometry => ({ type: 'LineString', coordinates })),
    );
    fc.assert(
      fc.property(gridGeometry, triangular, (at, within) => {
        expect(admits(within, at)).toBe(meetsTriangle(at, within));
      }),
      { numRuns: 1500 },
    );
  });

  it('that is a rectangle agrees with the box', () => {
    fc.assert(
      fc.property(
        geometry,
        exactDegrees(-40, 40),
        exactDegrees(-30, 30),
        exactDegrees(0.5, 20),
        (at, x, y, size) => {
          const rectangle = turf.bboxPolygon([x, y, x + size, y + size]).geometry;
          const box = Area.of([x, y, x + size, y + size]);
          expect(admits(rectangle, at)).toBe(GeoMessage.parse(JSON.stringify(at)).within(box) !== null);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('has the same answer for a message that is whole turns away', () => {
    const shifted = (at: Geometry, turns: number): Geometry =>
      JSON.parse(
        JSON.stringify(at, (_key, child) =>
          Array.isArray(child) && typeof child[0] === 'number' ? [child[0] + 360 * turns, child[1]] : child,
        ),
      );
    fc.assert(
      fc.property(geometry, polygon, fc.integer({ min: -3, max: 3 }), (at, within, turns) => {
        expect(admits(within, shifted(at, turns))).toBe(admits(within, at));
      }),
      { numRuns: 600 },
    );
  });

  it('holds a polygon that encloses it, and not one whose hole does', () => {
    const square = (half: number): Position[] => [
      [-half, -half],
      [half, -half],
      [half, half],
      [-half, half],
      [-half, -half],
    ];
    const small: Polygon = { type: 'Polygon', coordinates: [square(1)] };
    expect(admits(small, { type: 'Polygon', coordinates: [square(5)] })).toBe(true);
    expect(admits(small, { type: 'Polygon', coordinates: [square(5), square(3)] })).toBe(false);
    const ring: Polygon = { type: 'Polygon', coordinates: [square(5), square(3)] };
    expect(admits(ring, { type: 'Polygon', coordinates: [square(1)] })).toBe(false);
    expect(admits(ring, { type: 'Point', coordinates: [0, 0] })).toBe(false);
    expect(admits(ring, { type: 'Point', coordinates: [3, 0] })).toBe(true);
    expect(
      admits(ring, {
        type: 'LineString',
        coordinates: [
          [0, 0],
          [2, 2],
        ],
      }),
    ).toBe(false);
    expect(
      admits(ring, {
        type: 'LineString',
        coordinates: [
          [0, 0],
          [9, 9],
        ],
      }),
    ).toBe(true);
  });
});
