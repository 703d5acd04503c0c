import type { Bbox, Crs } from '@viaduct/geo-worker';
import { fc } from '@viaduct/testkit/properties';

/** Positions on a grid in and around Switzerland, so that boxes and features touch often. */
const lon = fc.integer({ min: 6, max: 10 });
const lat = fc.integer({ min: 45, max: 48 });
export const position = fc.tuple(lon, lat);

/** Geometries of every GeoJSON type, and null. */
const geometry = fc.oneof(
  position.map((coordinates) => ({ type: 'Point', coordinates })),
  fc.tuple(position, fc.integer()).map(([[x, y], z]) => ({ type: 'Point', coordinates: [x, y, z] })),
  fc
    .array(position, { minLength: 2, maxLength: 4 })
    .map((coordinates) => ({ type: 'LineString', coordinates })),
  fc
    .tuple(position, position, position)
    .map(([a, b, c]) => ({ type: 'Polygon', coordinates: [[a, b, c, a]] })),
  fc
    .tuple(
      fc.array(position, { minLength: 1, maxLength: 3 }),
      fc.constantFrom('MultiPoint', 'MultiLineString'),
    )
    .map(([points, type]) => ({ type, coordinates: type === 'MultiPoint' ? points : [points, points] })),
  fc
    .tuple(position, position, position)
    .map(([a, b, c]) => ({ type: 'MultiPolygon', coordinates: [[[a, b, c, a]], [[c, b, a, c]]] })),
  fc.array(position, { maxLength: 2 }).map((points) => ({
    type: 'GeometryCollection',
    geometries: points.map((coordinates) => ({ type: 'Point', coordinates })),
  })),
  fc.constant(null),
);

const feature = fc
  .record({ geometry, line: fc.integer({ min: 0, max: 3 }) })
  .map(({ geometry: shape, line }) => ({ type: 'Feature', properties: { line }, geometry: shape }));

/** Messages of publishers: mostly GeoJSON. */
export const content = fc.oneof(
  { weight: 4, arbitrary: feature },
  {
    weight: 2,
    arbitrary: fc
      .array(feature, { maxLength: 3 })
      .map((features) => ({ type: 'FeatureCollection', features })),
  },
  { weight: 1, arbitrary: geometry },
  { weight: 1, arbitrary: fc.jsonValue() },
);

/** The box between two corners, in the CRS of the session's next box. */
export function boxIn(crs: Crs, corners: readonly [number, number][]): Bbox {
  const projected = corners.map(([x, y]) => {
    const out = new Float64Array(2);
    crs.project(x, y, out, 0);
    return out;
  });
  const [xs, ys] = [projected.map((p) => p[0] ?? Number.NaN), projected.map((p) => p[1] ?? Number.NaN)];
  return { minX: Math.min(...xs), minY: Math.min(...ys), maxX: Math.max(...xs), maxY: Math.max(...ys) };
}
