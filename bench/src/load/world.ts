/**
 * The world that publisher and receiver share without communicating: the position of message `k` and the box of
 * client `i` are pure functions, so both sides know all expected deliveries. Lengths are whole micro-degrees (1e-6
 * degrees).
 */
export const AREA = { left: 6_000_000, bottom: 45_800_000, right: 9_800_000, top: 47_700_000 } as const;

const WIDTH = AREA.right - AREA.left;
const HEIGHT = AREA.top - AREA.bottom;

/** Independent sequences of random numbers, by purpose. */
const STREAM = { pointX: 1, pointY: 2, boxX: 3, boxY: 4, panX: 5, panY: 6 } as const;

/**
 * The `n`-th number of a stream: evenly spread over [0, 1), the same in every process.
 * The mixing is the finaliser of MurmurHash3 (32 bit), applied twice.
 */
export function random(stream: number, n: number): number {
  return mix(mix(Math.imul(stream, 0x9e3779b1) ^ n) + stream) / 2 ** 32;
}

function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Longitude of message `k`, in micro-degrees. */
export function pointX(k: number): number {
  return AREA.left + Math.floor(random(STREAM.pointX, k) * WIDTH);
}

/** Latitude of message `k`, in micro-degrees. */
export function pointY(k: number): number {
  return AREA.bottom + Math.floor(random(STREAM.pointY, k) * HEIGHT);
}

/** A box in micro-degrees. Its edges are half-way between two whole numbers, so no point is ever on one. */
export interface Box {
  left: number;
  bottom: number;
  right: number;
  top: number;
}

export function contains(box: Box, x: number, y: number): boolean {
  return x > box.left && x < box.right && y > box.bottom && y < box.top;
}

/**
 * The box of client `i` after `step` moves. It is inside the area and covers `share` of it, so on average it contains
 * `share` of all points. Each move shifts it by up to half its size, as a user who pans does.
 */
export function boxOf(i: number, share: number, step = 0): Box {
  const width = Math.round(WIDTH * Math.sqrt(share));
  const height = Math.round(HEIGHT * Math.sqrt(share));
  let x = random(STREAM.boxX, i) * (WIDTH - width);
  let y = random(STREAM.boxY, i) * (HEIGHT - height);
  for (let s = 1; s <= step; s++) {
    x = within(x + (random(STREAM.panX, i * 1000 + s) - 0.5) * width, WIDTH - width);
    y = within(y + (random(STREAM.panY, i * 1000 + s) - 0.5) * height, HEIGHT - height);
  }
  const left = AREA.left + Math.floor(x) - 0.5;
  const bottom = AREA.bottom + Math.floor(y) - 0.5;
  return { left, bottom, right: left + width, top: bottom + height };
}

function within(value: number, max: number): number {
  return Math.min(max, Math.max(0, value));
}

/** The box as the sides of a `BBOX` command, in degrees. */
export function boxText(box: Box): string {
  return [box.left, box.bottom, box.right, box.top].map((side) => (side / 1e6).toFixed(7)).join(' ');
}

/** Cells in each direction of the grid in {@link BoxField}. */
const CELLS = 48;

/** Many boxes, and how many of them contain a point. */
export class BoxField {
  readonly #boxes: readonly Box[];
  readonly #cells: number[][] = Array.from({ length: CELLS * CELLS }, () => []);

  constructor(boxes: readonly Box[]) {
    this.#boxes = boxes;
    boxes.forEach((box, i) => {
      const [fromX, toX] = [column(box.left), column(box.right)];
      for (let row = line(box.bottom); row <= line(box.top); row++) {
        for (let col = fromX; col <= toX; col++) this.#cells[row * CELLS + col]?.push(i);
      }
    });
  }

  has(i: number, x: number, y: number): boolean {
    const box = this.#boxes[i];
    return box !== undefined && contains(box, x, y);
  }

  count(x: number, y: number): number {
    let count = 0;
    this.visit(x, y, () => count++);
    return count;
  }

  /** Calls `visit` with the number of each box that contains the point. */
  visit(x: number, y: number, visit: (i: number) => void): void {
    for (const i of this.#cells[line(y) * CELLS + column(x)] ?? []) if (this.has(i, x, y)) visit(i);
  }
}

function column(x: number): number {
  return within(Math.floor(((x - AREA.left) / WIDTH) * CELLS), CELLS - 1);
}

function line(y: number): number {
  return within(Math.floor(((y - AREA.bottom) / HEIGHT) * CELLS), CELLS - 1);
}
