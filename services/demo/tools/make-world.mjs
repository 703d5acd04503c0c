// Makes page/data/world.json, the page's base map, from Natural Earth's countries at 1:50 million.
// Run it with `node services/demo/tools/make-world.mjs` after an update of world-atlas; a test compares the result.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { feature, mesh } from 'topojson-client';

/** Steps of the grid in one degree: coordinates are whole numbers of a hundredth of a degree. */
const SCALE = 100;

/** Points closer than this to the line that stays are left out, in degrees. */
const TOLERANCE = 0.04;

/** Islands whose box is smaller than this in both directions are left out, in degrees. */
const SMALLEST_ISLAND = 0.2;

/** @typedef {import('topojson-specification').GeometryCollection} GeometryCollection */
/** @typedef {[number, number]} Point longitude and latitude in degrees */

/**
 * The Douglas-Peucker algorithm: the fewest of the line's points from which no other is further than the tolerance.
 *
 * @param {Point[]} line of two points or more
 * @returns {Point[]}
 */
function simplify(line) {
  const [first, last] = ends(line);
  let far = { index: 0, distance: 0 };
  for (const [index, point] of line.entries()) {
    const distance = distanceToSegment(point, first, last);
    if (distance > far.distance) far = { index, distance };
  }
  if (far.distance <= TOLERANCE) return [first, last];
  return [...simplify(line.slice(0, far.index + 1)), ...simplify(line.slice(far.index)).slice(1)];
}

/**
 * @param {Point[]} line
 * @returns {[first: Point, last: Point]}
 */
function ends(line) {
  const [first, last] = [line.at(0), line.at(-1)];
  if (!first || !last) throw new RangeError('A line needs points.');
  return [first, last];
}

/**
 * @param {Point} point
 * @param {Point} a
 * @param {Point} b
 */
function distanceToSegment([x, y], [ax, ay], [bx, by]) {
  const dx = bx - ax;
  const dy = by - ay;
  const squared = dx * dx + dy * dy;
  const along = squared === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / squared));
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}

/**
 * @param {Point[]} ring
 * @returns {boolean}
 */
function isLargeEnough(ring) {
  const xs = ring.map(([x]) => x);
  const ys = ring.map(([, y]) => y);
  return (
    Math.max(...xs) - Math.min(...xs) >= SMALLEST_ISLAND ||
    Math.max(...ys) - Math.min(...ys) >= SMALLEST_ISLAND
  );
}

/**
 * A line as whole numbers: the first point, then each point's difference to the one before.
 *
 * @param {Point[]} line
 * @returns {number[]}
 */
function encode(line) {
  let [px, py] = [0, 0];
  const numbers = [];
  for (const [x, y] of line) {
    const [gx, gy] = [Math.round(x * SCALE), Math.round(y * SCALE)];
    if (numbers.length > 0 && gx === px && gy === py) continue;
    numbers.push(gx - px, gy - py);
    [px, py] = [gx, gy];
  }
  return numbers;
}

/**
 * A line without leaps from one side of the antimeridian to the other: its longitudes go on beyond 180 instead.
 * A ring around a pole, which then does not end where it began, is closed along the pole.
 *
 * @param {Point[]} line
 * @returns {Point[]}
 */
function unwrap(line) {
  let turns = 0;
  let before = ends(line)[0][0];
  const unwrapped = line.map(([lon, lat]) => {
    if (lon - before > 180) turns -= 1;
    if (before - lon > 180) turns += 1;
    before = lon;
    return /** @type {Point} */ ([lon + turns * 360, lat]);
  });
  if (turns === 0) return unwrapped;
  const [first, last] = ends(unwrapped);
  const pole = Math.sign(first[1]) * 90;
  return [...unwrapped, [last[0], pole], [first[0], pole], first];
}

/**
 * The line, and once more a turn of the Earth away where it reaches beyond the antimeridian.
 *
 * @param {Point[]} line
 * @returns {Point[][]}
 */
function copies(line) {
  const lons = line.map(([lon]) => lon);
  const shifted = (/** @type {number} */ by) =>
    line.map(([lon, lat]) => /** @type {Point} */ ([lon + by, lat]));
  const beyondEast = Math.max(...lons) > 180 ? [shifted(-360)] : [];
  const beyondWest = Math.min(...lons) < -180 ? [shifted(360)] : [];
  return [line, ...beyondEast, ...beyondWest];
}

/**
 * @param {Point[]} line
 * @returns {number[][]}
 */
function drawable(line) {
  return copies(simplify(unwrap(line))).map(encode);
}

/**
 * The rings of polygons and the lines of line strings, whatever they are part of.
 *
 * @param {import('geojson').Geometry} geometry
 * @returns {Point[][]}
 */
function linesOf(geometry) {
  /** @type {import('geojson').Position[][]} */
  let lines = [];
  if (geometry.type === 'GeometryCollection') return geometry.geometries.flatMap(linesOf);
  if (geometry.type === 'MultiPolygon') lines = geometry.coordinates.flat();
  if (geometry.type === 'Polygon' || geometry.type === 'MultiLineString') lines = geometry.coordinates;
  return lines.map((line) => line.map(([lon = 0, lat = 0]) => [lon, lat]));
}

/**
 * The base map as text.
 *
 * @returns {string}
 */
export function makeWorld() {
  const source = new URL(import.meta.resolve('world-atlas/countries-50m.json'));
  /** @type {import('topojson-specification').Topology<{ land: GeometryCollection, countries: GeometryCollection }>} */
  const topology = JSON.parse(readFileSync(source, 'utf8'));
  const { land, countries } = topology.objects;
  const shores = feature(topology, land).features.flatMap(({ geometry }) => linesOf(geometry));
  const borders = linesOf(mesh(topology, countries, (a, b) => a !== b));
  return `${JSON.stringify({
    source: 'Natural Earth 1:50m, by way of the npm package world-atlas',
    licence: 'Public domain (https://www.naturalearthdata.com/about/terms-of-use/)',
    encoding: 'Each line: longitude and latitude of its first point, then differences, in 1/scale degrees',
    scale: SCALE,
    land: shores.filter(isLargeEnough).flatMap(drawable),
    borders: borders.flatMap(drawable),
  })}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('../page/data/world.json', import.meta.url), makeWorld());
}
