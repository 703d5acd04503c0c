import { type Bbox, intoWorld, isWellInWorld, rectanglesOf, type Window, windowOf } from './box.js';
import type { Crs } from './crs.js';
import type { GeoMessage } from './message.js';
import { PlacedLayout, PlacedPoint } from './placed.js';
import { RectangleGrid } from './rectangle-grid.js';
import { boxStepOf, defaultGrid, type Grid } from './view.js';

interface Entry {
  /** Stands for the member in the grid. */
  readonly owner: number;
  /** Where the window's rectangles are in the grid. */
  readonly slots: readonly number[];
}

/** The boxes of many members in one CRS: finds the boxes that a message is in. */
export class BoxIndex<T> {
  readonly #crs: Crs;
  /** Edges of the one world. */
  readonly #west: number;
  readonly #east: number;
  readonly #step: number;
  readonly #entries = new Map<T, Entry>();
  readonly #grid = new RectangleGrid();
  /** The member, its window, and the last message found to be in it, of each owner. */
  readonly #members: (T | undefined)[] = [];
  readonly #windows: (Window | undefined)[] = [];
  readonly #foundIn: number[] = [];
  readonly #free: number[] = [];
  #messages = 0;

  /** @param view of the members: see {@link GeoMessage.intersects} */
  constructor(crs: Crs, view: Grid = defaultGrid(crs)) {
    this.#crs = crs;
    const reach = crs.turn > 0 ? crs.turn / 2 : Number.POSITIVE_INFINITY;
    this.#west = crs.middle - reach;
    this.#east = crs.middle + reach;
    this.#step = boxStepOf(crs, view);
  }

  /** How many members have a box. */
  get size(): number {
    return this.#entries.size;
  }

  /** Gives a member a box in the coordinates of the CRS; it replaces the member's old box. */
  set(member: T, box: Bbox): void {
    const window = windowOf(box, this.#crs);
    const { rectangles } = window;
    const entry = this.#entries.get(member);
    if (entry !== undefined && entry.slots.length === rectangles.length) {
      this.#windows[entry.owner] = window;
      for (let i = 0; i < rectangles.length; i++) this.#grid.move(entry.slots[i] ?? -1, rectangles[i] ?? box);
      return;
    }
    this.delete(member);
    const owner = this.#free.pop() ?? this.#members.length;
    this.#members[owner] = member;
    this.#windows[owner] = window;
    this.#foundIn[owner] = 0;
    const slots = rectangles.map((rectangle) => this.#grid.add(rectangle, owner));
    this.#entries.set(member, { owner, slots });
  }

  /** Forgets a member and its box. */
  delete(member: T): void {
    const entry = this.#entries.get(member);
    if (entry === undefined) return;
    for (const slot of entry.slots) this.#grid.remove(slot);
    this.#members[entry.owner] = undefined;
    this.#windows[entry.owner] = undefined;
    this.#free.push(entry.owner);
    this.#entries.delete(member);
  }

  /**
   * Visits each member whose box the message is in, as `message.intersects` defines it, once and in no particular order.
   * The visitor may set and delete members: that counts from the next call.
   */
  match(message: GeoMessage, visit: (member: T) => void): void {
    const rough = message.roughlyIn(this.#crs, this.#step);
    if (rough?.every((rectangle) => this.#grid.findMeeting(rectangle) === 0) === true) return;
    const placed = message.placedIn(this.#crs, this.#step);
    const members: T[] = [];
    if (placed instanceof PlacedPoint) this.#findPoint(placed, members);
    else if (placed instanceof PlacedLayout && !placed.passesAnyBox) this.#findItems(placed, members);
    else for (const member of this.#entries.keys()) members.push(member);
    for (const member of members) visit(member);
  }

  #findPoint({ x, y }: PlacedPoint, members: T[]): void {
    // The two rectangles of one window share no x of the one world, so no member is found twice.
    const at = x >= this.#west && x < this.#east ? x : intoWorld(x, this.#crs);
    const count = this.#grid.findAt(at, y);
    const { found } = this.#grid;
    for (let i = 0; i < count; i++) members.push(this.#members[found[i] as number] as T);
  }

  #findItems(placed: PlacedLayout, members: T[]): void {
    const message = ++this.#messages;
    for (let item = 0; item < placed.items && members.length < this.size; item++) {
      this.#findItem(placed, item, message, members);
    }
  }

  #findItem(placed: PlacedLayout, item: number, message: number, members: T[]): void {
    const envelope = placed.envelopeOf(item);
    // No part of the message could be projected.
    if (!(envelope.minX <= envelope.maxX)) return;
    const asDrawn = isWellInWorld(envelope.minX, envelope.maxX, this.#crs);
    for (const rectangle of rectanglesOf(envelope, this.#crs)) {
      const count = this.#grid.findMeeting(rectangle);
      const { found } = this.#grid;
      for (let i = 0; i < count; i++) {
        const owner = (found[i] as number) >> 1;
        if (this.#foundIn[owner] === message) continue;
        const within = asDrawn && ((found[i] as number) & 1) === 1;
        if (!within && !placed.meets(item, this.#windows[owner] as Window)) continue;
        this.#foundIn[owner] = message;
        members.push(this.#members[owner] as T);
      }
    }
  }
}
