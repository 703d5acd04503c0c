import { type Bbox, type Window, windowOf } from './box.js';
import type { Crs } from './crs.js';
import type { Layout } from './layout.js';

/** The samples are the corners of this number of cells on each side of the envelope in degrees. */
const CELLS = 4;
const SIDE = CELLS + 1;

/** With fewer vertices than this, projecting them all costs less. */
const LEAST_VERTICES = 4 * SIDE ** 2;

/** A wider or higher envelope, in degrees, is too rough, and may hold places where a projection is torn. */
const MAX_DEGREES = 30;

/** If the scale differs more than this among the samples, the message is near a point with an infinite scale. */
const MAX_SCALES = 2.5;

/** Cosines of latitudes below this are as good as zero. */
const POLE = 1e-6;

/** How far beyond the samples a part of the message may be, in the longest distances between two neighbours. */
const MARGIN = 2;

/** The bounds of all vertices as published; null if an item has no place that is known. */
function degreesOf(layout: Layout): Bbox | null {
  for (let item = 0; item < layout.items; item++) if (!layout.isLocated(item)) return null;
  const bounds = { minX: Infinity, minY: Infinity, maxX: -Infinity, maxY: -Infinity };
  const { lonLat } = layout;
  for (let at = 0; at < lonLat.length; at += 2) {
    const lon = lonLat[at] as number;
    const lat = lonLat[at + 1] as number;
    if (lon < bounds.minX) bounds.minX = lon;
    if (lon > bounds.maxX) bounds.maxX = lon;
    if (lat < bounds.minY) bounds.minY = lat;
    if (lat > bounds.maxY) bounds.maxY = lat;
  }
  return bounds;
}

/**
 * Envelopes of a message in many CRSs, each from a few positions instead of every vertex. They are larger than the
 * message, never smaller.
 */
export class RoughEnvelopes {
  readonly #degrees: Bbox | null;
  readonly #byCrs = new Map<Crs, Bbox | null>();

  constructor(layout: Layout) {
    const degrees = layout.vertices < LEAST_VERTICES ? null : degreesOf(layout);
    const isSmall =
      degrees !== null &&
      degrees.maxX - degrees.minX <= MAX_DEGREES &&
      degrees.maxY - degrees.minY <= MAX_DEGREES;
    this.#degrees = isSmall ? degrees : null;
  }

  /** Holds all of the message as it is drawn in a CRS, before rounding; null if only an exact test can tell. */
  in(crs: Crs): Readonly<Bbox> | null {
    if (this.#degrees === null || crs.isDataCrs) return null;
    let envelope = this.#byCrs.get(crs);
    if (envelope === undefined) {
      envelope = projected(this.#degrees, crs);
      this.#byCrs.set(crs, envelope);
    }
    return envelope;
  }
}

/** Projects a grid of samples, and adds a margin. Null if a sample has no image, or the samples are not enough. */
function projected(degrees: Bbox, crs: Crs): Bbox | null {
  const { minX, minY, maxX, maxY } = degrees;
  const near = grown(degrees, Math.max(maxX - minX, maxY - minY));
  if (crs.opposite !== null && isWithin(crs.opposite, near)) return null;
  const xy = new Float64Array(2 * SIDE * SIDE);
  const bounds = { minX: Infinity, minY: Infinity, maxX: -Infinity, maxY: -Infinity };
  const [eastward, northward] = [new Scales(), new Scales()];
  for (let i = 0; i < SIDE * SIDE; i++) {
    const [column, row] = [i % SIDE, Math.floor(i / SIDE)];
    const lat = minY + ((maxY - minY) * row) / CELLS;
    if (!crs.project(minX + ((maxX - minX) * column) / CELLS, lat, xy, 2 * i)) return null;
    bounds.minX = Math.min(bounds.minX, xy[2 * i] as number);
    bounds.minY = Math.min(bounds.minY, xy[2 * i + 1] as number);
    bounds.maxX = Math.max(bounds.maxX, xy[2 * i] as number);
    bounds.maxY = Math.max(bounds.maxY, xy[2 * i + 1] as number);
    if (column > 0) eastward.add(xy, i - 1, i, Math.cos((lat * Math.PI) / 180));
    if (row > 0) northward.add(xy, i - SIDE, i, 1);
  }
  if (!eastward.areAlike || !northward.areAlike) return null;
  return grown(bounds, MARGIN * Math.max(eastward.longest, northward.longest));
}

/** The distances between neighbouring samples in one direction. */
class Scales {
  longest = 0;
  #least = Infinity;
  #greatest = 0;

  /** @param length the distance on the ground, in any unit that is the same for all */
  add(xy: Float64Array, from: number, to: number, length: number): void {
    const dx = Math.abs((xy[2 * to] as number) - (xy[2 * from] as number));
    const dy = Math.abs((xy[2 * to + 1] as number) - (xy[2 * from + 1] as number));
    this.longest = Math.max(this.longest, dx, dy);
    // At a pole, all samples of a row are the same place.
    if (length < POLE) return;
    const scale = Math.hypot(dx, dy) / length;
    this.#least = Math.min(this.#least, scale);
    this.#greatest = Math.max(this.#greatest, scale);
  }

  get areAlike(): boolean {
    return this.#greatest <= MAX_SCALES * this.#least;
  }
}

function isWithin([lon, lat]: readonly [number, number], { minX, minY, maxX, maxY }: Bbox): boolean {
  if (lat < minY || lat > maxY) return false;
  // At a pole, every longitude is the same place.
  if (Math.abs(lat) === 90) return true;
  const turns = Math.ceil((minX - lon) / 360);
  return lon + 360 * turns <= maxX;
}

function grown({ minX, minY, maxX, maxY }: Readonly<Bbox>, by: number): Bbox {
  return { minX: minX - by, minY: minY - by, maxX: maxX + by, maxY: maxY + by };
}

/**
 * The rectangles in which a message may be, in the one world of the CRS.
 *
 * @param step to which its coordinates are rounded
 */
export function roughRectangles(envelope: Readonly<Bbox>, crs: Crs, step: number): readonly Readonly<Bbox>[] {
  return windowOf(grown(envelope, step), crs).rectangles;
}

/** Whether rectangles of {@link roughRectangles} and a window of the same CRS have a point in common. */
export function mayMeet(rectangles: readonly Readonly<Bbox>[], window: Window): boolean {
  return rectangles.some((a) =>
    window.rectangles.some(
      (b) => a.minX <= b.maxX && a.maxX >= b.minX && a.minY <= b.maxY && a.maxY >= b.minY,
    ),
  );
}
