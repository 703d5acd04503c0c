import * as turf from '@turf/turf';
import fc from 'fast-check';
import type { Geometry, MultiPolygon, Polygon, Position } from 'geojson';
import { describe, expect, it } from 'vitest';
import { Area, GeoMessage } from '../src/index.js';
import { exactDegrees, geometry, polygon } from './support/valid-geometry.js';

/** turf's booleanIntersects as the oracle, on valid geometries. */

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

  it('agrees with turf where things touch: on a coarse grid', () => {
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
        expect(admits(within, at)).toBe(turf.booleanIntersects(at, within));
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

  it('does not depend on where in longitude a message is, as long as it is whole turns away', () => {
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
