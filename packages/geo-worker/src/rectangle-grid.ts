import type { Bbox } from './box.js';
import { CellGrid, type CellRange } from './cell-grid.js';

type Rectangle = Readonly<Bbox>;

/** A rectangle goes into the grid in which it is more than half of this, and at most this many cells long. */
const CELLS_LONG = 4;
/** Cells are no smaller than this share of the distance from 0: no grid has more than 2^30 columns on a side. */
const FINEST = 2 ** -30;
/** No CRS has coordinates as large as this; a rectangle that reaches further goes into one cell that holds everything. */
const FARTHEST = 1e15;
const INITIAL_SLOTS = 16;

/** The cells that a rectangle is in. */
interface Cells {
  readonly grid: CellGrid;
  readonly range: CellRange;
}

/** A list of numbers with room for an index: the same list, or a larger copy. */
function withRoom<L extends Int32Array | Float64Array>(list: L, index: number): L {
  if (index < list.length) return list;
  const grown = list instanceof Int32Array ? new Int32Array(2 * index) : new Float64Array(2 * index);
  grown.set(list);
  return grown as L;
}

/** The size of cells for a rectangle, so that it is few cells long: a power of two, or infinite. */
function cellSizeFor({ minX, minY, maxX, maxY }: Rectangle): number {
  const reach = Math.max(Math.abs(minX), Math.abs(minY), Math.abs(maxX), Math.abs(maxY));
  if (!(reach <= FARTHEST)) return Number.POSITIVE_INFINITY;
  const size = Math.max((maxX - minX) / CELLS_LONG, (maxY - minY) / CELLS_LONG, reach * FINEST, FINEST);
  return 2 ** Math.ceil(Math.log2(size));
}

/**
 * Rectangles of owners, which are small numbers: finds them by a point or by another rectangle. It is a hierarchical hash
 * grid: each rectangle is in a few cells of the grid that suits its size. So the search for a point reads one cell of each
 * grid in use, and a rectangle that moves a little leaves and enters few cells.
 */
export class RectangleGrid {
  /** The results of the last search: as many numbers as it returned. */
  found = new Int32Array(INITIAL_SLOTS);
  /** The grids in use, by the size of their cells. */
  readonly #gridOf = new Map<number, CellGrid>();
  #grids: CellGrid[] = [];
  readonly #cells: (Cells | undefined)[] = [];
  readonly #free: number[] = [];
  /** minX, minY, maxX, maxY of each slot. */
  #rectangles = new Float64Array(4 * INITIAL_SLOTS);
  /** The owner of each slot. */
  #owners = new Int32Array(INITIAL_SLOTS);
  /** For each owner, the last search that found it. */
  #foundBy = new Float64Array(INITIAL_SLOTS);
  #search = 0;

  /** Adds a rectangle; returns its slot, the number that identifies it in later calls. */
  add(rectangle: Rectangle, owner: number): number {
    const slot = this.#free.pop() ?? this.#cells.length;
    const cells = this.#cellsFor(rectangle);
    cells.grid.add(slot, cells.range);
    this.#cells[slot] = cells;
    this.#owners = withRoom(this.#owners, slot);
    this.#owners[slot] = owner;
    this.#foundBy = withRoom(this.#foundBy, owner);
    this.#rectangles = withRoom(this.#rectangles, 4 * slot + 3);
    this.#keep(slot, rectangle);
    return slot;
  }

  /** Replaces the rectangle of a slot. */
  move(slot: number, rectangle: Rectangle): void {
    const from = this.#cells[slot];
    if (from === undefined) return;
    const to = this.#cellsFor(rectangle);
    if (from.grid === to.grid) from.grid.move(slot, from.range, to.range);
    else {
      to.grid.add(slot, to.range);
      this.#takeOut(slot, from);
    }
    this.#cells[slot] = to;
    this.#keep(slot, rectangle);
  }

  /** Removes a rectangle; its slot is free then. */
  remove(slot: number): void {
    const cells = this.#cells[slot];
    if (cells === undefined) return;
    this.#takeOut(slot, cells);
    this.#cells[slot] = undefined;
    this.#free.push(slot);
  }

  /**
   * Finds the owner of each rectangle that holds a point, edges included. Returns how many numbers are in `found`;
   * an owner with several such rectangles is in it several times.
   */
  findAt(x: number, y: number): number {
    const rectangles = this.#rectangles;
    const owners = this.#owners;
    let count = 0;
    for (const grid of this.#grids) {
      const slots = grid.slotsAt(x, y);
      if (slots === undefined) continue;
      this.found = withRoom(this.found, count + slots.length);
      const found = this.found;
      // Without branches: which of the rectangles hold the point cannot be predicted.
      for (const slot of slots) {
        const at = 4 * slot;
        found[count] = owners[slot] as number;
        count +=
          Number(x >= (rectangles[at] as number)) &
          Number(y >= (rectangles[at + 1] as number)) &
          Number(x <= (rectangles[at + 2] as number)) &
          Number(y <= (rectangles[at + 3] as number));
      }
    }
    return count;
  }

  /**
   * Finds the owners of the rectangles that have a point in common with the given one, each owner once. Returns how
   * many numbers are in `found`: twice the owner, plus 1 if the given rectangle is within the owner's.
   */
  findMeeting(rectangle: Rectangle): number {
    const { minX, minY, maxX, maxY } = rectangle;
    const rectangles = this.#rectangles;
    let count = 0;
    const collect = (slots: readonly number[]) => {
      this.found = withRoom(this.found, count + slots.length);
      const found = this.found;
      for (const slot of slots) {
        const at = 4 * slot;
        found[count] = slot;
        count +=
          Number(maxX >= (rectangles[at] as number)) &
          Number(maxY >= (rectangles[at + 1] as number)) &
          Number(minX <= (rectangles[at + 2] as number)) &
          Number(minY <= (rectangles[at + 3] as number));
      }
    };
    for (const grid of this.#grids) grid.visit(grid.rangeOf(minX, minY, maxX, maxY), collect);
    return this.#toOwners(count, rectangle);
  }

  /** Turns the slots in `found`, some of them repeated, into the results of findMeeting. */
  #toOwners(slots: number, { minX, minY, maxX, maxY }: Rectangle): number {
    const rectangles = this.#rectangles;
    const owners = this.#owners;
    const foundBy = this.#foundBy;
    const found = this.found;
    const search = ++this.#search;
    let count = 0;
    for (let i = 0; i < slots; i++) {
      const slot = found[i] as number;
      const owner = owners[slot] as number;
      if (foundBy[owner] === search) continue;
      foundBy[owner] = search;
      const at = 4 * slot;
      const within =
        Number(minX >= (rectangles[at] as number)) &
        Number(minY >= (rectangles[at + 1] as number)) &
        Number(maxX <= (rectangles[at + 2] as number)) &
        Number(maxY <= (rectangles[at + 3] as number));
      found[count++] = 2 * owner + within;
    }
    return count;
  }

  #cellsFor(rectangle: Rectangle): Cells {
    const size = cellSizeFor(rectangle);
    let grid = this.#gridOf.get(size);
    if (grid === undefined) {
      grid = new CellGrid(size);
      this.#gridOf.set(size, grid);
      this.#grids.push(grid);
    }
    const { minX, minY, maxX, maxY } = rectangle;
    return { grid, range: grid.rangeOf(minX, minY, maxX, maxY) };
  }

  #takeOut(slot: number, { grid, range }: Cells): void {
    grid.remove(slot, range);
    if (grid.entries > 0) return;
    this.#gridOf.delete(grid.cellSize);
    this.#grids = this.#grids.filter((other) => other !== grid);
  }

  #keep(slot: number, { minX, minY, maxX, maxY }: Rectangle): void {
    const at = 4 * slot;
    this.#rectangles[at] = minX;
    this.#rectangles[at + 1] = minY;
    this.#rectangles[at + 2] = maxX;
    this.#rectangles[at + 3] = maxY;
  }
}
