/** Columns and rows beyond these fall into the outermost ones: this costs more tests, but they stay exact. */
const LAST = 2 ** 30;
const INITIAL_CAPACITY = 64;
/** Share of the table that may be in use before it is rebuilt. */
const LOAD = 0.5;

/** A block of cells, ends inclusive. */
export interface CellRange {
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

/**
 * An unbounded grid of square cells, each a list of slots (numbers that stand for rectangles). Only cells with slots take
 * memory: a hash table with open addressing finds them.
 */
export class CellGrid {
  /** In the units of the coordinates; infinite for a grid of one cell. */
  readonly cellSize: number;
  readonly #perUnit: number;
  /** Column and row of the cell at each place of the table. */
  #keys = new Int32Array(2 * INITIAL_CAPACITY);
  #cells: (number[] | undefined)[] = new Array(INITIAL_CAPACITY).fill(undefined);
  #used = 0;
  #entries = 0;

  constructor(cellSize: number) {
    this.cellSize = cellSize;
    this.#perUnit = 1 / cellSize;
  }

  /** The number of slots in cells; a slot counts once for each of its cells. */
  get entries(): number {
    return this.#entries;
  }

  /** The column of an x, or the row of a y. */
  lineOf(coordinate: number): number {
    if (this.#perUnit === 0) return 0;
    const line = Math.floor(coordinate * this.#perUnit);
    return Math.max(-LAST, Math.min(LAST, line));
  }

  rangeOf(minX: number, minY: number, maxX: number, maxY: number): CellRange {
    return {
      west: this.lineOf(minX),
      south: this.lineOf(minY),
      east: this.lineOf(maxX),
      north: this.lineOf(maxY),
    };
  }

  /** The slots of the cell that holds a point; undefined if there are none. */
  slotsAt(x: number, y: number): readonly number[] | undefined {
    return this.#cells[this.#find(this.lineOf(x), this.lineOf(y))];
  }

  add(slot: number, range: CellRange): void {
    for (let row = range.south; row <= range.north; row++) {
      for (let column = range.west; column <= range.east; column++) this.#addTo(column, row, slot);
    }
  }

  remove(slot: number, range: CellRange): void {
    for (let row = range.south; row <= range.north; row++) {
      for (let column = range.west; column <= range.east; column++) this.#removeFrom(column, row, slot);
    }
  }

  /** Removes a slot from the cells that it leaves and adds it to those that it enters: when a map pans, these are few. */
  move(slot: number, from: CellRange, to: CellRange): void {
    for (let row = from.south; row <= from.north; row++) {
      for (let column = from.west; column <= from.east; column++) {
        if (!holds(to, column, row)) this.#removeFrom(column, row, slot);
      }
    }
    for (let row = to.south; row <= to.north; row++) {
      for (let column = to.west; column <= to.east; column++) {
        if (!holds(from, column, row)) this.#addTo(column, row, slot);
      }
    }
  }

  /** Visits the slots of every cell in a range; visits a slot once for each of its cells in the range. */
  visit(range: CellRange, visit: (slots: readonly number[]) => void): void {
    const cells = (range.east - range.west + 1) * (range.north - range.south + 1);
    if (cells > this.#cells.length) {
      this.#visitAll(range, visit);
      return;
    }
    for (let row = range.south; row <= range.north; row++) {
      for (let column = range.west; column <= range.east; column++) {
        const slots = this.#cells[this.#find(column, row)];
        if (slots !== undefined) visit(slots);
      }
    }
  }

  /** For ranges with more cells than the table has. */
  #visitAll(range: CellRange, visit: (slots: readonly number[]) => void): void {
    for (let place = 0; place < this.#cells.length; place++) {
      const slots = this.#cells[place];
      if (slots !== undefined && holds(range, this.#keys[2 * place] ?? 0, this.#keys[2 * place + 1] ?? 0))
        visit(slots);
    }
  }

  #addTo(column: number, row: number, slot: number): void {
    this.#entries++;
    let place = this.#find(column, row);
    const slots = this.#cells[place];
    if (slots !== undefined) {
      slots.push(slot);
      return;
    }
    if (this.#used >= LOAD * this.#cells.length) {
      this.#rebuild();
      place = this.#find(column, row);
    }
    this.#put(place, column, row, [slot]);
  }

  #removeFrom(column: number, row: number, slot: number): void {
    const slots = this.#cells[this.#find(column, row)];
    const at = slots?.indexOf(slot) ?? -1;
    if (slots === undefined || at < 0) return;
    this.#entries--;
    const last = slots.pop();
    if (last !== undefined && last !== slot) slots[at] = last;
  }

  /** The place of a cell in the table, or the free place for it if the table does not have it. */
  #find(column: number, row: number): number {
    const mask = this.#cells.length - 1;
    let place = Math.imul(column, 0x9e3779b1) ^ Math.imul(row, 0x85ebca6b);
    place = (place ^ (place >>> 15)) & mask;
    while (this.#cells[place] !== undefined) {
      if (this.#keys[2 * place] === column && this.#keys[2 * place + 1] === row) return place;
      place = (place + 1) & mask;
    }
    return place;
  }

  #put(place: number, column: number, row: number, slots: number[]): void {
    this.#keys[2 * place] = column;
    this.#keys[2 * place + 1] = row;
    this.#cells[place] = slots;
    this.#used++;
  }

  /** Forgets empty cells, and makes room for twice the number of the other ones. */
  #rebuild(): void {
    const [keys, cells] = [this.#keys, this.#cells];
    const filled = cells.filter((slots) => slots !== undefined && slots.length > 0).length;
    let capacity = INITIAL_CAPACITY;
    while (capacity * LOAD < 2 * filled) capacity *= 2;
    this.#keys = new Int32Array(2 * capacity);
    this.#cells = new Array(capacity).fill(undefined);
    this.#used = 0;
    for (const [place, slots] of cells.entries()) {
      if (slots === undefined || slots.length === 0) continue;
      const [column, row] = [keys[2 * place] ?? 0, keys[2 * place + 1] ?? 0];
      this.#put(this.#find(column, row), column, row, slots);
    }
  }
}

function holds({ west, south, east, north }: CellRange, column: number, row: number): boolean {
  return column >= west && column <= east && row >= south && row <= north;
}
