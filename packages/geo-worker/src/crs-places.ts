import {
  type Bbox,
  intoWorld,
  isWellInWorld,
  rectanglesOf,
  type Window,
  windowHolds,
  windowOf,
} from './box.js';
import { CellGrid, type CellRange } from './cell-grid.js';
import type { Crs } from './crs.js';
import type { GeoMessage } from './message.js';
import { type Placed, PlacedLayout, PlacedPoint } from './placed.js';
import { RectangleGrid } from './rectangle-grid.js';

/** The result of a search, as slots. */
export interface PlaceSearch {
  /** Features that are in the box. */
  readonly inside: readonly number[];
  /** Features that may be in it: only their geometry can tell. */
  readonly unsure: readonly number[];
  /** Whether the feature of a slot is in the box; undefined if only its geometry can tell. */
  has(slot: number): boolean | undefined;
}

/** The cells of points are rebuilt when the number of points has grown by this factor. */
const GROWTH = 8;
/** The intended number of points in a cell. */
const POINTS_PER_CELL = 8;
const SAMPLE = 500;
const INITIAL_SLOTS = 64;
/** The share of the points on each side that counts as outliers and does not influence the size of cells. */
const OUTLIERS = 0.1;

/** A feature that is not one point. */
interface Shape {
  readonly envelope: Bbox;
  /** Whether a part of it has no place in the CRS: only its geometry can tell then. */
  readonly isPartial: boolean;
  /** The slot of its envelope in the grid of shapes. */
  readonly gridSlots: readonly number[];
}

/** The places of many features in one CRS. Coordinates decide about points, envelopes about other shapes. */
export class CrsPlaces {
  /** Whether it has every feature. */
  ready = false;
  readonly #crs: Crs;
  readonly #step: number;
  #x = new Float64Array(INITIAL_SLOTS).fill(Number.NaN);
  #y = new Float64Array(INITIAL_SLOTS).fill(Number.NaN);
  #points = 0;
  #cells: CellGrid;
  #remakeAt = 64;
  readonly #shapes = new Map<number, Shape>();
  readonly #shapeGrid = new RectangleGrid();
  /** Features that are in every box: without a geometry, or not GeoJSON. */
  readonly #everywhere = new Set<number>();
  /** Features with a geometry that cannot be read. */
  readonly #unreadable = new Set<number>();

  /** @param step to which coordinates are rounded, in units of the CRS: see `GeoMessage.intersects` */
  constructor(crs: Crs, step: number) {
    this.#crs = crs;
    this.#step = step;
    this.#cells = new CellGrid(crs.geographic ? crs.turn / 360 : 100_000);
  }

  set(slot: number, feature: GeoMessage): void {
    const placed = feature.placedIn(this.#crs, this.#step);
    if (placed instanceof PlacedPoint && !placed.isFailed() && this.#isPoint(slot)) {
      this.#movePoint(slot, placed);
      return;
    }
    this.delete(slot);
    if (placed instanceof PlacedPoint) {
      if (!placed.isFailed()) this.#addPoint(slot, placed);
    } else this.#addShape(slot, placed);
  }

  delete(slot: number): void {
    if (this.#isPoint(slot)) {
      this.#cells.remove(slot, this.#cellOf(this.#x[slot] as number, this.#y[slot] as number));
      this.#x[slot] = Number.NaN;
      this.#points--;
    }
    for (const gridSlot of this.#shapes.get(slot)?.gridSlots ?? []) this.#shapeGrid.remove(gridSlot);
    this.#shapes.delete(slot);
    this.#everywhere.delete(slot);
    this.#unreadable.delete(slot);
  }

  search(box: Bbox): PlaceSearch {
    const window = windowOf(box, this.#crs);
    const inside: number[] = [...this.#everywhere];
    const unsure: number[] = [...this.#unreadable];
    for (const rectangle of window.rectangles) this.#findPoints(rectangle, inside);
    const seen = new Set<number>();
    for (const rectangle of this.#shapes.size === 0 ? [] : window.rectangles) {
      const count = this.#shapeGrid.findMeeting(rectangle);
      for (let i = 0; i < count; i++) seen.add((this.#shapeGrid.found[i] as number) >> 1);
    }
    for (const slot of seen) (this.#hasShape(slot, window) === true ? inside : unsure).push(slot);
    const [only] = window.rectangles;
    const simple = only !== undefined && window.rectangles.length === 1 ? only : null;
    return { inside, unsure, has: (slot) => this.#has(slot, window, simple) };
  }

  /** @param simple the window's rectangle if it has only one: points and such rectangles are in the same world */
  #has(slot: number, window: Window, simple: Readonly<Bbox> | null): boolean | undefined {
    const x = this.#x[slot] ?? Number.NaN;
    if (!Number.isNaN(x)) {
      const y = this.#y[slot] as number;
      if (simple === null) return windowHolds(window, x, y);
      return x >= simple.minX && x <= simple.maxX && y >= simple.minY && y <= simple.maxY;
    }
    if (this.#unreadable.has(slot)) return undefined;
    return this.#shapes.has(slot) ? this.#hasShape(slot, window) : this.#everywhere.has(slot);
  }

  /** Decides by the envelope if it can. Shapes at the edge of the world or beyond are left to the exact test. */
  #hasShape(slot: number, window: Window): boolean | undefined {
    const shape = this.#shapes.get(slot);
    if (shape === undefined) return undefined;
    const { envelope, isPartial } = shape;
    const { minX, minY, maxX, maxY } = envelope;
    if (!isWellInWorld(minX, maxX, window)) return undefined;
    let meets = false;
    for (const box of window.rectangles) {
      if (minX >= box.minX && minY >= box.minY && maxX <= box.maxX && maxY <= box.maxY)
        return isPartial ? undefined : true;
      meets ||= minX <= box.maxX && minY <= box.maxY && maxX >= box.minX && maxY >= box.minY;
    }
    return meets ? undefined : false;
  }

  #findPoints(rectangle: Readonly<Bbox>, found: number[]): void {
    const { minX, minY, maxX, maxY } = rectangle;
    const [xs, ys] = [this.#x, this.#y];
    this.#cells.visit(this.#cells.rangeOf(minX, minY, maxX, maxY), (slots) => {
      for (const slot of slots) {
        const x = xs[slot] as number;
        const y = ys[slot] as number;
        if (x >= minX && x <= maxX && y >= minY && y <= maxY) found.push(slot);
      }
    });
  }

  #isPoint(slot: number): boolean {
    return slot < this.#x.length && !Number.isNaN(this.#x[slot] as number);
  }

  #addPoint(slot: number, placed: PlacedPoint): void {
    this.#reserve(slot);
    const x = intoWorld(placed.x, this.#crs);
    this.#x[slot] = x;
    this.#y[slot] = placed.y;
    this.#cells.add(slot, this.#cellOf(x, placed.y));
    if (++this.#points >= this.#remakeAt) this.#remake();
  }

  #movePoint(slot: number, placed: PlacedPoint): void {
    const x = intoWorld(placed.x, this.#crs);
    const from = this.#cellOf(this.#x[slot] as number, this.#y[slot] as number);
    const to = this.#cellOf(x, placed.y);
    this.#x[slot] = x;
    this.#y[slot] = placed.y;
    if (from.west !== to.west || from.south !== to.south) this.#cells.move(slot, from, to);
  }

  #addShape(slot: number, placed: Placed): void {
    if (!(placed instanceof PlacedLayout) || placed.passesAnyBox) {
      (placed.failures > 0 ? this.#unreadable : this.#everywhere).add(slot);
      return;
    }
    const envelope = placed.envelopeOf(0);
    // No part of the feature could be projected.
    if (!(envelope.minX <= envelope.maxX)) return;
    const gridSlots = rectanglesOf(envelope, this.#crs).map((rectangle) =>
      this.#shapeGrid.add(rectangle, slot),
    );
    this.#shapes.set(slot, { envelope, isPartial: placed.failures > 0, gridSlots });
  }

  #cellOf(x: number, y: number): CellRange {
    const west = this.#cells.lineOf(x);
    const south = this.#cells.lineOf(y);
    return { west, south, east: west, north: south };
  }

  /** Rebuilds the cells in a size that suits the current points. */
  #remake(): void {
    this.#remakeAt = this.#points * GROWTH;
    const slots: number[] = [];
    for (let slot = 0; slot < this.#x.length; slot++) if (this.#isPoint(slot)) slots.push(slot);
    this.#cells = new CellGrid(this.#suitableSize(slots));
    for (const slot of slots)
      this.#cells.add(slot, this.#cellOf(this.#x[slot] as number, this.#y[slot] as number));
  }

  #suitableSize(slots: readonly number[]): number {
    const step = Math.ceil(slots.length / SAMPLE);
    const sample = slots.filter((_, i) => i % step === 0);
    const spread = (of: Float64Array): number => {
      const sorted = sample.map((slot) => of[slot] as number).sort((a, b) => a - b);
      const cut = Math.floor(sorted.length * OUTLIERS);
      return (sorted[sorted.length - 1 - cut] as number) - (sorted[cut] as number);
    };
    const [width, height] = [spread(this.#x), spread(this.#y)];
    const size = Math.sqrt((width * height * POINTS_PER_CELL) / slots.length);
    return size > 0 ? size : Math.max(width, height, this.#crs.precision) / SAMPLE;
  }

  #reserve(slot: number): void {
    if (slot < this.#x.length) return;
    const grow = (old: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> => {
      const grown = new Float64Array(2 * (slot + 1)).fill(Number.NaN);
      grown.set(old);
      return grown;
    };
    this.#x = grow(this.#x);
    this.#y = grow(this.#y);
  }
}
