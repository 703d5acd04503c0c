/**
 * @typedef {[x: number, y: number]} Point in the units of a projection
 * @typedef {{ minX: number, minY: number, maxX: number, maxY: number }} Box
 *
 * @typedef {object} Projection What the map has to know about the CRS that it asks the gateway for. The features come
 *   projected already; only the base map is projected here.
 * @property {string} code as the PROJECTION command takes it
 * @property {(lon: number, lat: number) => Point} forward
 * @property {Box} extent of the whole world
 * @property {number} decimals of a coordinate in a BBOX command
 * @property {(heading: number, y: number) => number} direction on the screen of a heading in degrees, at a given y:
 *   radians clockwise from up
 */

const RADIANS = Math.PI / 180;

/** Radius of the sphere of EPSG:3857, in metres. */
const RADIUS = 6378137;

/** Half the width of the world in EPSG:3857, in metres; the map is square. */
const HALF_WORLD = Math.PI * RADIUS;

/** Latitude at which the square ends, in degrees. */
const MAX_LATITUDE = 85.051129;

/** @type {Projection} */
export const webMercator = {
  code: 'epsg:3857',
  forward(lon, lat) {
    const clamped = Math.max(-MAX_LATITUDE, Math.min(MAX_LATITUDE, lat));
    return [lon * RADIANS * RADIUS, Math.log(Math.tan(Math.PI / 4 + (clamped * RADIANS) / 2)) * RADIUS];
  },
  extent: { minX: -HALF_WORLD, minY: -HALF_WORLD, maxX: HALF_WORLD, maxY: HALF_WORLD },
  decimals: 0,
  // The projection is conformal: angles on the map are angles on the ground.
  direction: (heading) => heading * RADIANS,
};

/** @type {Projection} */
export const geographic = {
  code: 'epsg:4326',
  forward: (lon, lat) => [lon, lat],
  extent: { minX: -180, minY: -90, maxX: 180, maxY: 90 },
  decimals: 4,
  // A degree of longitude is drawn as wide as one of latitude is high, however short it is on the ground.
  direction: (heading, y) =>
    Math.atan2(Math.sin(heading * RADIANS) / Math.cos(y * RADIANS), Math.cos(heading * RADIANS)),
};

/** @type {Record<string, Projection>} */
export const PROJECTIONS = { [webMercator.code]: webMercator, [geographic.code]: geographic };
