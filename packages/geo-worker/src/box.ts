import type { Crs } from './crs.js';

/**
 * A box in the coordinates of a CRS, x before y, edges included. In a geographic CRS `minX > maxX` crosses the
 * antimeridian, longitudes count modulo a full turn, and a box of a full turn or more holds all of them.
 */
export interface Bbox {
  minX: number;
  minY: number;
  maxX: number;
  maxY: number;
}

/**
 * A box as the tests want it: rectangles with `minX <= maxX`, two where a geographic box crosses the antimeridian.
 * Geographic rectangles lie within half a turn of 0 and repeat every turn.
 */
export interface Window {
  readonly rectangles: readonly Readonly<Bbox>[];
  /** Length of a turn in units of the CRS; 0 where coordinates do not repeat. */
  readonly turn: number;
  /** Whether it holds every longitude. */
  readonly around: boolean;
}

/** A longitude moved by whole turns into [-turn / 2, turn / 2). */
export function normalizeLongitude(x: number, turn: number): number {
  return x >= -turn / 2 && x < turn / 2 ? x : x - turn * Math.floor(x / turn + 0.5);
}

function geographicWindow({ minX, minY, maxX, maxY }: Bbox, turn: number): Window {
  const half = turn / 2;
  if (maxX - minX >= turn) {
    return { rectangles: [{ minX: -half, minY, maxX: half, maxY }], turn, around: true };
  }
  const west = normalizeLongitude(minX, turn);
  const east = normalizeLongitude(maxX, turn);
  if (west <= east) return { rectangles: [{ minX: west, minY, maxX: east, maxY }], turn, around: false };
  const rectangles = [
    { minX: west, minY, maxX: half, maxY },
    { minX: -half, minY, maxX: east, maxY },
  ];
  return { rectangles, turn, around: false };
}

/** Whether a box has a place for something: its sides are finite and not the wrong way round. */
function isBox({ minX, minY, maxX, maxY }: Bbox, turn: number): boolean {
  return [minX, minY, maxX, maxY].every(Number.isFinite) && minY <= maxY && (turn > 0 || minX <= maxX);
}

/** Prepares a box in a CRS for tests. What is not a box holds nothing. */
export function windowOf(box: Bbox, { turn }: Crs): Window {
  if (!isBox(box, turn)) return { rectangles: [], turn, around: false };
  if (turn > 0) return geographicWindow(box, turn);
  const { minX, minY, maxX, maxY } = box;
  return { rectangles: [{ minX, minY, maxX, maxY }], turn, around: false };
}

/** Whether a window holds a point. A point that could not be projected (NaN) is in no window. */
export function windowHolds({ rectangles, turn }: Window, x: number, y: number): boolean {
  const at = turn > 0 ? normalizeLongitude(x, turn) : x;
  for (const { minX, minY, maxX, maxY } of rectangles) {
    if (at >= minX && at <= maxX && y >= minY && y <= maxY) return true;
  }
  return false;
}
