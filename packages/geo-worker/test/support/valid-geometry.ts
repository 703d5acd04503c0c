import { fc } from '@viaduct/testkit/properties';
import type { Geometry, Polygon, Position } from 'geojson';

/** Multiples of 1/1024 degree: turf's arithmetic is exact for them, too. */
const exact = (n: number) => Math.round(n * 1024) / 1024;
/** Degrees within bounds. */
export const exactDegrees = (min: number, max: number) => fc.double({ min, max, noNaN: true }).map(exact);
export const x = exactDegrees(-50, 50);
export const y = exactDegrees(-40, 40);
const position: fc.Arbitrary<Position> = fc.tuple(x, y);

/** A ring around a centre, with a corner in each of several directions: it never crosses itself. */
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
export const polygon: fc.Arbitrary<Polygon> = fc
  .tuple(position, radii, fc.boolean())
  .map(([center, outline, hole]) => ({
    type: 'Polygon',
    coordinates: hole
      ? [star(center, outline, 1), star(center, outline, 0.8).reverse()]
      : [star(center, outline, 1)],
  }));

/** Without repeated vertices: turf misses lines along an edge of the box that have them. */
const line = fc.uniqueArray(position, { minLength: 2, maxLength: 8, selector: String });

/** Valid geometries of every simple type. */
export const geometry: fc.Arbitrary<Geometry> = fc.oneof(
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
