import type { Geometry } from 'geojson';
import type { LiveFeature } from './features.js';
import type { View } from './view.js';

/** Bounding box of a geometry: minX, minY, maxX, maxY. */
type Extent = [number, number, number, number];

const DEGREES = 360;

/** Around the equator of WGS 84. */
const METRES = 2 * Math.PI * 6_378_137;

/** After how many units x repeats in the projections of maps that wrap around the earth, by name. */
const TURNS: ReadonlyMap<string | null, number> = new Map([
  [null, DEGREES],
  ['epsg:4326', DEGREES],
  ['epsg:3857', METRES],
  ['epsg:900913', METRES],
  ['epsg:3395', METRES],
  ['epsg:3832', METRES],
  ['epsg:4087', METRES],
]);

/**
 * Whether a feature may be in the box of a view, according to its bounding box: false only if it cannot be. A feature
 * without coordinates has no place, and is in every box.
 */
export function mayBeInBox({ geometry }: LiveFeature, { box, projection }: View): boolean {
  if (box === null) return true;
  const extent: Extent = [Infinity, Infinity, -Infinity, -Infinity];
  extend(extent, geometry);
  const [minX, minY, maxX, maxY] = extent;
  if (minX > maxX) return true;
  const [left, bottom, right, top] = box;
  if (minY > top || maxY < bottom) return false;
  const turn = TURNS.get(projection?.toLowerCase() ?? null);
  // A box with left beyond right crosses the edge of a world whose width is not known here.
  if (turn === undefined) return left > right || (minX <= right && maxX >= left);
  // The box with its left side in the one world, in which it may lie to either side of the feature.
  const width = left > right ? right - left + turn : right - left;
  const start = left - Math.floor((left + turn / 2) / turn) * turn;
  return [-turn, 0, turn].some((shift) => minX + shift <= start + width && maxX + shift >= start);
}

function extend(extent: Extent, geometry: Geometry): void {
  if (geometry.type === 'GeometryCollection') {
    for (const member of geometry.geometries) extend(extent, member);
  } else {
    extendByCoordinates(extent, geometry.coordinates);
  }
}

/** Positions, at any depth. */
function extendByCoordinates(extent: Extent, coordinates: unknown): void {
  if (!Array.isArray(coordinates)) return;
  const [x, y] = coordinates;
  if (typeof x !== 'number' || typeof y !== 'number') {
    for (const part of coordinates) extendByCoordinates(extent, part);
    return;
  }
  extent[0] = Math.min(extent[0], x);
  extent[1] = Math.min(extent[1], y);
  extent[2] = Math.max(extent[2], x);
  extent[3] = Math.max(extent[3], y);
}
