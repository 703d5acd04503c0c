import type { Geometry } from 'geojson';
import type { LiveFeature } from './features.js';
import type { View } from './view.js';

/** Envelope of a geometry: minX, minY, maxX, maxY. */
type Extent = [number, number, number, number];

/** Names of the CRS in which a box can cross the antimeridian. */
const DEGREES = new Set([null, 'epsg:4326']);

const FULL_TURN = 360;

/**
 * Whether a feature may be in the box of a view, as far as its envelope says: false only where it cannot be. What has no
 * coordinates has no place, and is in every box.
 */
export function mayBeInBox({ geometry }: LiveFeature, { box, projection }: View): boolean {
  if (box === null) return true;
  const extent: Extent = [Infinity, Infinity, -Infinity, -Infinity];
  extend(extent, geometry);
  const [minX, minY, maxX, maxY] = extent;
  if (minX > maxX) return true;
  const [left, bottom, right, top] = box;
  if (minY > top || maxY < bottom) return false;
  if (!DEGREES.has(projection?.toLowerCase() ?? null)) return minX <= right && maxX >= left;
  // The box with its left side in the one world, in which it may lie to either side of the feature.
  const width = left > right ? right - left + FULL_TURN : right - left;
  const start = left - Math.floor((left + FULL_TURN / 2) / FULL_TURN) * FULL_TURN;
  return [-FULL_TURN, 0, FULL_TURN].some((turn) => minX + turn <= start + width && maxX + turn >= start);
}

function extend(extent: Extent, geometry: Geometry): void {
  if (geometry.type === 'GeometryCollection') {
    for (const member of geometry.geometries) extend(extent, member);
  } else {
    extendByCoordinates(extent, geometry.coordinates);
  }
}

/** Positions, at whatever depth. */
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
