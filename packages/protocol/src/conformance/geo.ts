/** The geometries and features that the suite publishes, and the one projection that it computes itself. */

export type Position = number[];

export interface Geometry {
  type: string;
  coordinates?: unknown;
  geometries?: Geometry[];
}

export interface Feature {
  type: 'Feature';
  properties: { name: string };
  geometry: Geometry | null;
}

export interface FeatureCollection {
  type: 'FeatureCollection';
  features: Feature[];
}

export function feature(name: string, geometry: Geometry | null): Feature {
  return { type: 'Feature', properties: { name }, geometry };
}

export function collection(...features: Feature[]): FeatureCollection {
  return { type: 'FeatureCollection', features };
}

export function point(...position: Position): Geometry {
  return { type: 'Point', coordinates: position };
}

export function line(...positions: Position[]): Geometry {
  return { type: 'LineString', coordinates: positions };
}

export function polygon(...rings: Position[][]): Geometry {
  return { type: 'Polygon', coordinates: rings };
}

/** The ring around a box, closed. */
export function ring(left: number, bottom: number, right: number, top: number): Position[] {
  return [
    [left, bottom],
    [right, bottom],
    [right, top],
    [left, top],
    [left, bottom],
  ];
}

export function geometries(...parts: Geometry[]): Geometry {
  return { type: 'GeometryCollection', geometries: parts };
}

/** One geometry of each type, with two and three dimensions, within 20 degrees of the origin. */
export const EVERY_TYPE: readonly Feature[] = [
  feature('Point', point(7.5, 47)),
  feature('Point with height', point(7.5, 47, 450)),
  feature('LineString', line([1, 2], [3, 4, 100], [5, 6])),
  feature('Polygon', polygon(ring(0, 0, 20, 20), ring(5, 5, 10, 10))),
  feature('MultiPoint', {
    type: 'MultiPoint',
    coordinates: [
      [1, 2],
      [3, 4, 5],
    ],
  }),
  feature('MultiLineString', {
    type: 'MultiLineString',
    coordinates: [
      [
        [1, 2],
        [3, 4],
      ],
      [
        [5, 6],
        [7, 8],
      ],
    ],
  }),
  feature('MultiPolygon', { type: 'MultiPolygon', coordinates: [[ring(0, 0, 2, 2)], [ring(4, 4, 9, 9)]] }),
  feature('GeometryCollection', geometries(point(1, 2), geometries(line([3, 4], [5, 6]), point(7, 8, 9)))),
];

/** The geometry with each position changed; third and further numbers stay. */
function mapPositions(geometry: Geometry, change: (x: number, y: number) => Position): Geometry {
  if (geometry.geometries !== undefined) {
    return { ...geometry, geometries: geometry.geometries.map((part) => mapPositions(part, change)) };
  }
  const walk = (coordinates: unknown): unknown => {
    if (!Array.isArray(coordinates)) return coordinates;
    const [x, y, ...rest] = coordinates;
    return typeof x === 'number' ? [...change(x, y), ...rest] : coordinates.map(walk);
  };
  return { ...geometry, coordinates: walk(geometry.coordinates) };
}

/** The feature with its geometry in EPSG:3857. */
export function inMercator(original: Feature): Feature {
  const { geometry } = original;
  return { ...original, geometry: geometry === null ? null : mapPositions(geometry, mercator) };
}

/** Radius of the sphere of EPSG:3857, in metres (EPSG method 1024). */
const RADIUS = 6378137;

/** Longitude and latitude in degrees as EPSG:3857, in metres. */
export function mercator(longitude: number, latitude: number): Position {
  const radians = Math.PI / 180;
  return [RADIUS * longitude * radians, RADIUS * Math.log(Math.tan(Math.PI / 4 + (latitude * radians) / 2))];
}

/** Tolerance of projected coordinates, in metres: a server may round them, for example to a centimetre. */
export const PROJECTED_TOLERANCE = 0.02;
