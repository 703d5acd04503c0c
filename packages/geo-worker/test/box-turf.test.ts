import * as turf from '@turf/turf';
import fc from 'fast-check';
import type { Geometry, Polygon, Position } from 'geojson';
import { describe, expect, it } from 'vitest';
import { type Bbox, DATA_CRS, GeoMessage } from '../src/index.js';

/** turf's booleanIntersects as the oracle, on valid geometries: it does not close rings, for example. */

/** Multiples of 1/1024 degree: turf's arithmetic is exact for them, too. */
const exact = (n: number) => Math.round(n * 1024) / 1024;
const degrees = (min: number, max: number) => fc.double({ min, max, noNaN: true }).map(exact);
const x = degrees(-50, 50);
const y = degrees(-40, 40);
const position: fc.Arbitrary<Position> = fc.tuple(x, y);

/** A ring round a centre, with a corner in each of several directions: it never crosses itself. */
function star(center: Position, radii: readonly number[], scale: number): Position[] {
  const ring = radii.map((radius, i): Position => {
    const angle = (2 * Math.PI * i) / radii.length;
    return [
      (center[0] ?? 0) + scale * radius * Math.cos(angle),
      (center[1] ?? 0) + scale * radius * Math.sin(angle),
    ];
  });
  return [...ring, ring[0] as Position];
}

const radii = fc.array(fc.double({ min: 1, max: 12, noNaN: true }), { minLength: 3, maxLength: 12 });

/** Half of them with a hole, of the same shape and smaller. */
const polygon: fc.Arbitrary<Polygon> = fc
  .tuple(position, radii, fc.boolean())
  .map(([center, outline, hole]) => ({
    type: 'Polygon',
    coordinates: hole
      ? [star(center, outline, 1), star(center, outline, 0.8).reverse()]
      : [star(center, outline, 1)],
  }));

/** Without repeated vertices: turf misses lines along an edge of the box that have them. */
const line = fc.uniqueArray(position, { minLength: 2, maxLength: 8, selector: String });

const geometry: fc.Arbitrary<Geometry> = fc.oneof(
  position.map((coordinates): Geometry => ({ type: 'Point', coordinates })),
  fc
    .array(position, { minLength: 1, maxLength: 6 })
    .map((coordinates): Geometry => ({ type: 'MultiPoint', coordinates })),
  line.map((coordinates): Geometry => ({ type: 'LineString', coordinates })),
  fc
    .array(line, { minLength: 1, maxLength: 3 })
    .map((coordinates): Geometry => ({ type: 'MultiLineString', coordinates })),
  polygon,
  fc.tuple(polygon, position).map(
    ([{ coordinates }, center]): Geometry => ({
      type: 'MultiPolygon',
      coordinates: [coordinates, [star([(center[0] ?? 0) + 200, center[1] ?? 0], [1, 2, 3], 1)]],
    }),
  ),
);

const box: fc.Arbitrary<Bbox> = fc
  .tuple(x, y, degrees(0.002, 20), degrees(0.002, 20))
  .map(([minX, minY, width, height]) => ({ minX, minY, maxX: minX + width, maxY: minY + height }));

const turfSays = (at: Geometry, { minX, minY, maxX, maxY }: Bbox) =>
  turf.booleanIntersects(at, turf.bboxPolygon([minX, minY, maxX, maxY]));

describe('the box test', () => {
  it('agrees with turf', () => {
    fc.assert(
      fc.property(geometry, box, (at, within) => {
        expect(GeoMessage.parse(JSON.stringify(at)).intersects(within, DATA_CRS)).toBe(turfSays(at, within));
      }),
      { numRuns: 600 },
    );
  });

  it('agrees with turf where things touch: on a coarse grid', () => {
    const cell = fc.integer({ min: 0, max: 6 });
    const node = fc.tuple(cell, cell);
    const corners = fc.uniqueArray(node, { minLength: 3, maxLength: 3, selector: String });
    const triangle = corners.filter(([a, b, c]) => {
      if (a === undefined || b === undefined || c === undefined) return false;
      return (b[0] - a[0]) * (c[1] - a[1]) !== (c[0] - a[0]) * (b[1] - a[1]);
    });
    const gridGeometry = fc.oneof(
      triangle.map((ring): Geometry => ({ type: 'Polygon', coordinates: [[...ring, ring[0] as Position]] })),
      fc
        .uniqueArray(node, { minLength: 2, maxLength: 4, selector: String })
        .map((coordinates): Geometry => ({ type: 'LineString', coordinates })),
    );
    const gridBox = fc.tuple(cell, cell, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }));
    fc.assert(
      fc.property(gridGeometry, gridBox, (at, [minX, minY, width, height]) => {
        const within = { minX, minY, maxX: minX + width, maxY: minY + height };
        expect(GeoMessage.parse(JSON.stringify(at)).intersects(within, DATA_CRS)).toBe(turfSays(at, within));
      }),
      { numRuns: 600 },
    );
  });

  it('does not depend on where in longitude, as long as it is whole turns away', () => {
    const turns = fc.integer({ min: -3, max: 3 });
    fc.assert(
      fc.property(geometry, box, turns, turns, (at, within, geometryTurns, boxTurns) => {
        const far = { ...within, minX: within.minX + 360 * boxTurns, maxX: within.maxX + 360 * boxTurns };
        const shifted = JSON.stringify(at, (_key, child) =>
          Array.isArray(child) && typeof child[0] === 'number'
            ? [child[0] + 360 * geometryTurns, child[1]]
            : child,
        );
        expect(GeoMessage.parse(shifted).intersects(far, DATA_CRS)).toBe(
          GeoMessage.parse(JSON.stringify(at)).intersects(within, DATA_CRS),
        );
      }),
      { numRuns: 800 },
    );
  });
});
