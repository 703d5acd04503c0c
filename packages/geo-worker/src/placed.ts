import { type Bbox, MARGIN, type Window, windowHolds } from './box.js';
import { keepTogether } from './continuous.js';
import { coordinatesText } from './coordinate-writer.js';
import type { Crs } from './crs.js';
import { isInsideOut } from './inside-out.js';
import { hasLongNumbers, isNumeric, type Layout, type LayoutGeometry, Place } from './layout.js';
import { type Drawn, partsMeet } from './meets.js';
import type { Rounding } from './rounding.js';

/** A geometry wider than this number of turns counts as reaching around the world: no copies of a box are tried. */
export const MAX_TURNS = 8;

/**
 * A message's geometry in the coordinates of a CRS, rounded to a step: tests use the coordinates that clients receive.
 * An item is a feature, or a bare geometry: see Layout.
 */
export interface Placed {
  readonly crs: Crs;
  readonly rounding: Rounding;
  readonly items: number;
  /** The number of geometries with coordinates. */
  readonly geometries: number;
  /** Whether every readable position holds numbers only. */
  readonly numeric: boolean;
  /** Whether positions hold numbers only, some of them with more digits than doubles hold. */
  readonly hasLongNumbers: boolean;
  /** The number of failed items. */
  readonly failures: number;
  /** Whether the item has geometry that cannot be written in this CRS. */
  isFailed(item: number): boolean;
  /**
   * Whether an item is in a window of the same CRS: its geometry and the window have a point in common, straight
   * segments between the projected vertices, or it has no place. Segments with a vertex that could not be
   * projected do not count, nor does the inside of a polygon with such a vertex.
   */
  meets(item: number, window: Window): boolean;
  /**
   * The text of a geometry's coordinates; not for failed items.
   *
   * @param published their text as published if there are long numbers; else null
   */
  coordinates(geometry: number, swapped: boolean, published: string | null): string;
}

const pointXy = new Float64Array(2);

/** A message that is one point, as most are: it needs no lists. */
export class PlacedPoint implements Placed {
  readonly items = 1;
  readonly geometries = 1;
  readonly crs: Crs;
  readonly rounding: Rounding;
  /** NaN, like y, if the point could not be projected. */
  readonly x: number;
  readonly y: number;
  readonly #point: LayoutGeometry;

  /** @param point a Point whose coordinates begin with two numbers */
  constructor(point: LayoutGeometry, crs: Crs, rounding: Rounding) {
    crs.project(point.coordinates[0] as number, point.coordinates[1] as number, pointXy, 0);
    this.crs = crs;
    this.rounding = rounding;
    rounding.roundAll(pointXy);
    this.x = pointXy[0] as number;
    this.y = pointXy[1] as number;
    this.#point = point;
  }

  get numeric(): boolean {
    return isNumeric(this.#point.coordinates);
  }

  get hasLongNumbers(): boolean {
    return this.numeric && hasLongNumbers(this.#point.coordinates);
  }

  get failures(): number {
    return this.isFailed() ? 1 : 0;
  }

  isFailed(): boolean {
    return Number.isNaN(this.x);
  }

  meets(_item: number, window: Window): boolean {
    return windowHolds(window, this.x, this.y);
  }

  coordinates(_geometry: number, swapped: boolean, published: string | null): string {
    pointXy[0] = this.x;
    pointXy[1] = this.y;
    return coordinatesText(this.#point, { xy: pointXy, rounding: this.rounding, swapped, published });
  }
}

/** Geometries in the coordinates of a CRS. Items, parts and vertices are those of the layout. */
export class PlacedLayout implements Placed {
  readonly crs: Crs;
  readonly rounding: Rounding;
  readonly layout: Layout;
  readonly #xy: Float64Array;
  /** With every vertex rounded: null until an exact test needs it, because most messages need no exact test. */
  #drawn: Drawn | null = null;
  /** minX, minY, maxX, maxY of each item. */
  readonly #envelopes: Float64Array;
  /** 1 for each item with a vertex that could not be projected. */
  readonly #failed: Uint8Array;

  constructor(layout: Layout, crs: Crs, rounding: Rounding) {
    this.crs = crs;
    this.rounding = rounding;
    this.layout = layout;
    this.#xy = new Float64Array(layout.lonLat.length);
    this.#envelopes = new Float64Array(4 * layout.items);
    this.#failed = new Uint8Array(layout.items);
    for (let item = 0; item < layout.items; item++) this.#place(item);
    rounding.roundAll(this.#envelopes);
  }

  /** x and y of each vertex; NaN for one that could not be projected. */
  get xy(): Float64Array {
    return this.#rounded().xy;
  }

  get items(): number {
    return this.layout.items;
  }

  get geometries(): number {
    return this.layout.geometries.length;
  }

  get numeric(): boolean {
    return this.layout.numeric;
  }

  get hasLongNumbers(): boolean {
    return this.numeric && this.layout.hasLongNumbers;
  }

  get failures(): number {
    let failures = 0;
    for (let item = 0; item < this.items; item++) if (this.isFailed(item)) failures++;
    return failures;
  }

  /** Whether the message is in every box: it is not GeoJSON, or an item of it has no place. */
  get passesAnyBox(): boolean {
    for (let item = 0; item < this.items; item++) if (!this.layout.isLocated(item)) return true;
    return this.items === 0;
  }

  /** The envelope of the vertices that could be projected; from Infinity to -Infinity if there is none. */
  envelopeOf(item: number): Bbox {
    const at = 4 * item;
    return {
      minX: this.#envelopes[at] as number,
      minY: this.#envelopes[at + 1] as number,
      maxX: this.#envelopes[at + 2] as number,
      maxY: this.#envelopes[at + 3] as number,
    };
  }

  /** Whether an item is wider than {@link MAX_TURNS}, so {@link meets} treats it as everywhere in its latitudes. */
  reachesAround(item: number, turn: number): boolean {
    const at = 4 * item;
    return (this.#envelopes[at + 2] as number) - (this.#envelopes[at] as number) > MAX_TURNS * turn;
  }

  isFailed(item: number): boolean {
    return this.#failed[item] === 1 || this.layout.itemPlaces[item] === Place.broken;
  }

  /** Whether an item has a geometry whose place is unknown: of a foreign type, or broken. */
  isUnreadable(item: number): boolean {
    return this.layout.itemPlaces[item] !== Place.known || this.isFailed(item);
  }

  coordinates(geometry: number, swapped: boolean, published: string | null): string {
    return coordinatesText(this.layout.geometries[geometry] as LayoutGeometry, {
      xy: this.#xy,
      rounding: this.rounding,
      swapped,
      published,
    });
  }

  meets(item: number, window: Window): boolean {
    if (!this.layout.isLocated(item)) return true;
    for (const rectangle of window.rectangles) {
      const { minX, minY, maxX, maxY } = rectangle;
      if (
        window.turn === 0
          ? this.#meetsAt(item, minX, minY, maxX, maxY)
          : this.#meetsAround(item, window, rectangle)
      ) {
        return true;
      }
    }
    return false;
  }

  /** Tries those copies of a rectangle, one per turn, that the item can reach. */
  #meetsAround(item: number, { turn, around }: Window, { minX, minY, maxX, maxY }: Readonly<Bbox>): boolean {
    const west = this.#envelopes[4 * item] as number;
    const east = this.#envelopes[4 * item + 2] as number;
    if (around || this.reachesAround(item, turn)) {
      return this.#meetsAt(item, Number.NEGATIVE_INFINITY, minY, Number.POSITIVE_INFINITY, maxY);
    }
    const last = Math.floor((east - minX) / turn + MARGIN);
    for (let copy = Math.ceil((west - maxX) / turn - MARGIN); copy <= last; copy++) {
      const margin = MARGIN * Math.abs(copy * turn);
      if (this.#meetsAt(item, minX + copy * turn - margin, minY, maxX + copy * turn + margin, maxY))
        return true;
    }
    return false;
  }

  /** Decides by the envelope if it can; else exactly. */
  #meetsAt(item: number, minX: number, minY: number, maxX: number, maxY: number): boolean {
    const at = 4 * item;
    const west = this.#envelopes[at] as number;
    const south = this.#envelopes[at + 1] as number;
    const east = this.#envelopes[at + 2] as number;
    const north = this.#envelopes[at + 3] as number;
    if (!(west <= maxX && east >= minX && south <= maxY && north >= minY)) return false;
    if (west >= minX && east <= maxX && south >= minY && north <= maxY) return true;
    return partsMeet(this.#rounded(), item, minX, minY, maxX, maxY, this.#failed[item] !== 1);
  }

  #rounded(): Drawn {
    if (this.#drawn === null) {
      this.rounding.roundAll(this.#xy);
      this.#drawn = { layout: this.layout, xy: this.#xy };
    }
    return this.#drawn;
  }

  #place(item: number): void {
    const { itemParts, partVertices, lonLat } = this.layout;
    const first = partVertices[itemParts[item] as number] as number;
    const end = partVertices[itemParts[item + 1] as number] as number;
    for (let at = 2 * first; at < 2 * end; at += 2) {
      const isPlaced = this.crs.project(lonLat[at] as number, lonLat[at + 1] as number, this.#xy, at);
      if (!isPlaced) this.#failed[item] = 1;
    }
    if (this.crs.opposite !== null && isInsideOut(this.layout, item, this.crs.opposite)) {
      this.#failed[item] = 1;
      this.#xy.fill(Number.NaN, 2 * first, 2 * end);
    }
    // In the data's own CRS, lines and polygons are whole as published.
    if (this.crs.turn > 0 && !this.crs.isDataCrs) {
      keepTogether({ layout: this.layout, xy: this.#xy }, item, this.crs.turn);
    }
    this.#measure(item, first, end);
  }

  /** Finds the envelope of an item; comparisons leave out the NaN of vertices that have no place. */
  #measure(item: number, first: number, end: number): void {
    const xy = this.#xy;
    let minX = Number.POSITIVE_INFINITY;
    let minY = Number.POSITIVE_INFINITY;
    let maxX = Number.NEGATIVE_INFINITY;
    let maxY = Number.NEGATIVE_INFINITY;
    for (let at = 2 * first; at < 2 * end; at += 2) {
      const x = xy[at] as number;
      const y = xy[at + 1] as number;
      if (x < minX) minX = x;
      if (x > maxX) maxX = x;
      if (y < minY) minY = y;
      if (y > maxY) maxY = y;
    }
    const at = 4 * item;
    this.#envelopes[at] = minX;
    this.#envelopes[at + 1] = minY;
    this.#envelopes[at + 2] = maxX;
    this.#envelopes[at + 3] = maxY;
  }
}
