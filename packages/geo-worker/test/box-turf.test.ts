import * as turf from '@turf/turf';
import { fc } from '@viaduct/testkit/properties';
import type { Geometry, Position } from 'geojson';
import { describe, expect, it } from 'vitest';
import { type Bbox, DATA_CRS, GeoMessage } from '../src/index.js';
import { exactDegrees, geometry, x, y } from './support/valid-geometry.js';

/** turf's booleanIntersects as the oracle, on valid geometries: it does not close rings, for example. */

const box: fc.Arbitrary<Bbox> = fc
  .tuple(x, y, exactDegrees(0.002, 20), exactDegrees(0.002, 20))
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

  it('has the same answer whole turns away', () => {
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
