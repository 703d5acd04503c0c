// Makes page/data/world.json, the page's base map, from Natural Earth's countries at 1:50 million.
// Run it with `pnpm --filter @viaduct/demo world` after an update of world-atlas; a test compares the result.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { feature, mesh } from 'topojson-client';

/** Steps of the grid in one degree: coordinates are whole numbers of a hundredth of a degree. */
const SCALE = 100;

/** Points closer than this to the line that stays are left out, in degrees. */
const TOLERANCE = 0.04;

/** Islands whose box is smaller than this in both directions are left out, in degrees. */
const SMALLEST_ISLAND = 0.2;

/** @typedef {[number, number]} Point */

/**
 * The Douglas-Peucker algorithm: the fewest of the line's points from which no other is further than the tolerance.
 *
 * @param {Point[]} line
 * @returns {Point[]}
 */
function simplify(line) {
  const kept = new Set([0, line.length - 1]);
  const open = [[0, line.length - 1]];
  for (let range = open.pop(); range; range = open.pop()) {
    const [first, last] = range;
    const far = farthest(line, first, last);
    if (far.distance <= TOLERANCE) continue;
    kept.add(far.index);
    open.push([first, far.index], [far.index, last]);
  }
  return line.filter((_, index) => kept.has(index));
}

/**
 * @param {Point[]} line
 * @param {number} first
 * @param {number} last
 */
function farthest(line, first, last) {
  let result = { index: first, distance: 0 };
  for (let index = first + 1; index < last; index += 1) {
    const distance = distanceToSegment(line[index], line[first], line[last]);
    if (distance > result.distance) result = { index, distance };
  }
  return result;
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
  return Math.max(...xs) - Math.min(...xs) >= SMALLEST_ISLAND || Math.max(...ys) - Math.min(...ys) >= SMALLEST_ISLAND;
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
 * The base map as text.
 *
 * @returns {string}
 */
export function makeWorld() {
  const source = new URL(import.meta.resolve('world-atlas/countries-50m.json'));
  const topology = JSON.parse(readFileSync(source, 'utf8'));
  const land = feature(topology, topology.objects.land).features.flatMap(({ geometry }) => geometry.coordinates.flat());
  const borders = mesh(topology, topology.objects.countries, (a, b) => a !== b).coordinates;
  return `${JSON.stringify({
    source: 'Natural Earth 1:50m, by way of the npm package world-atlas',
    licence: 'Public domain (https://www.naturalearthdata.com/about/terms-of-use/)',
    encoding: 'Each line: longitude and latitude of its first point, then differences, in 1/scale degrees',
    scale: SCALE,
    land: land.filter(isLargeEnough).map((ring) => encode(simplify(ring))),
    borders: borders.map((line) => encode(simplify(line))),
  })}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('../page/data/world.json', import.meta.url), makeWorld());
}
