import type { Crs } from './crs.js';

/**
 * A box in the coordinates of a CRS, x before y, edges included. In a CRS that wraps around the earth, it means a place on
 * the globe: a box with `minX > maxX` crosses the edge of the world, x counts modulo a full turn, and a box of a full turn
 * or more holds every x.
 */
export interface Bbox {
  minX: number;
  minY: number;
  maxX: number;
  maxY: number;
}

/** How x repeats: what it takes to move x into the one world around the central meridian. */
export type World = Pick<Crs, 'turn' | 'middle'>;

/**
 * A box prepared for tests: rectangles with `minX <= maxX`, two if the box crosses the edge of a world that wraps. In such
 * a world, they are within the one world around the CRS's central meridian, and repeat every turn.
 */
export interface Window extends World {
  readonly rectangles: readonly Readonly<Bbox>[];
  /** Whether it holds the whole turn. */
  readonly around: boolean;
}

/** Margin around a box that is moved by whole turns, as a share of its distance: the move rounds its sides. */
export const MARGIN = 2 ** -50;

/** A wider margin, which no other margin and no rounding reaches. */
const SAFE_MARGIN = 2 ** -46;

/** Whether x is in the one world: within half a turn of the middle. The east edge belongs to the next one. */
function isInWorld(x: number, { turn, middle }: World): boolean {
  return x >= middle - turn / 2 && x < middle + turn / 2;
}

/** Moves x by whole turns into the one world; leaves it unchanged in a CRS that does not wrap. */
export function intoWorld(x: number, world: World): number {
  const { turn, middle } = world;
  return turn === 0 || isInWorld(x, world) ? x : x - turn * Math.floor((x - middle) / turn + 0.5);
}

/**
 * Whether everything from minX to maxX is in the one world, and so far from its edges that no margin reaches beyond them: then
 * only the rectangles of a window count, and not their copies in other worlds.
 */
export function isWellInWorld(minX: number, maxX: number, { turn, middle }: World): boolean {
  const reach = (0.5 - SAFE_MARGIN) * turn;
  return turn === 0 || (minX > middle - reach && maxX < middle + reach);
}

/**
 * The rectangles in the one world that a geometry with this envelope is in, with a margin if it is not well in the world:
 * they meet those of each window that the geometry meets.
 */
export function rectanglesOf(envelope: Readonly<Bbox>, world: World): readonly Readonly<Bbox>[] {
  const { minX, minY, maxX, maxY } = envelope;
  if (isWellInWorld(minX, maxX, world)) return [envelope];
  const margin = SAFE_MARGIN * (Math.max(Math.abs(minX), Math.abs(maxX)) + world.turn);
  return windowOf({ minX: minX - margin, minY, maxX: maxX + margin, maxY }, world).rectangles;
}

function wrappedWindow({ minX, minY, maxX, maxY }: Bbox, world: World): Window {
  const { turn, middle } = world;
  const [first, last] = [middle - turn / 2, middle + turn / 2];
  const [movedWest, movedEast] = [intoWorld(minX, world), intoWorld(maxX, world)];
  const left = movedWest - marginOf(minX, movedWest);
  const right = movedEast + marginOf(maxX, movedEast);
  const isClosed = movedWest > movedEast && left <= right;
  if (maxX - minX >= turn || right - left >= turn || isClosed) {
    return { rectangles: [{ minX: first, minY, maxX: last, maxY }], turn, middle, around: true };
  }
  // A margin may reach beyond the edge of the world.
  const [west, east] = [intoWorld(left, world), intoWorld(right, world)];
  const rectangles =
    west <= east
      ? [{ minX: west, minY, maxX: east, maxY }]
      : [
          { minX: west, minY, maxX: last, maxY },
          { minX: first, minY, maxX: east, maxY },
        ];
  return { rectangles, turn, middle, around: false };
}

function marginOf(side: number, moved: number): number {
  return side === moved ? 0 : MARGIN * Math.max(Math.abs(side), Math.abs(moved));
}

/** In turns: if a box is further away than this, doubles are too coarse for its place in the world. */
const MAX_TURNS = 1e9;

/** Whether a box can hold anything: its sides are finite and not reversed. */
function isBox({ minX, minY, maxX, maxY }: Bbox, turn: number): boolean {
  if (![minX, minY, maxX, maxY].every(Number.isFinite) || minY > maxY) return false;
  if (turn === 0) return minX <= maxX;
  return maxX - minX >= turn || Math.max(Math.abs(minX), Math.abs(maxX)) <= MAX_TURNS * turn;
}

/** Prepares a box in a CRS for tests. An invalid box holds nothing. */
export function windowOf(box: Bbox, { turn, middle }: World): Window {
  if (!isBox(box, turn)) return { rectangles: [], turn, middle, around: false };
  if (turn > 0) return wrappedWindow(box, { turn, middle });
  const { minX, minY, maxX, maxY } = box;
  return { rectangles: [{ minX, minY, maxX, maxY }], turn, middle, around: false };
}

/** Whether a window holds a point. A point that could not be projected (NaN) is in no window. */
export function windowHolds(window: Window, x: number, y: number): boolean {
  const at = intoWorld(x, window);
  for (const { minX, minY, maxX, maxY } of window.rectangles) {
    if (at >= minX && at <= maxX && y >= minY && y <= maxY) return true;
  }
  return false;
}
