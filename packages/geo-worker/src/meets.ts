import { type Layout, Part } from './layout.js';
import { segmentMeets } from './segment.js';

/** Vertices as pairs of x and y, and the parts that they form. Indices are within the lists, so no value is undefined. */
export interface Drawn {
  readonly layout: Layout;
  /** NaN for vertices that have no place. */
  readonly xy: Float64Array;
}

function pointsMeet(
  drawn: Drawn,
  part: number,
  minX: number,
  minY: number,
  maxX: number,
  maxY: number,
): boolean {
  const { layout, xy } = drawn;
  const end = layout.partVertices[part + 1] as number;
  for (let vertex = layout.partVertices[part] as number; vertex < end; vertex++) {
    const x = xy[2 * vertex] as number;
    const y = xy[2 * vertex + 1] as number;
    if (x >= minX && x <= maxX && y >= minY && y <= maxY) return true;
  }
  return false;
}

/** Tests the segments of a line, or those of a ring, the closing one included. */
function lineMeets(
  drawn: Drawn,
  part: number,
  minX: number,
  minY: number,
  maxX: number,
  maxY: number,
): boolean {
  const { layout, xy } = drawn;
  const first = layout.partVertices[part] as number;
  const end = layout.partVertices[part + 1] as number;
  if (first === end) return false;
  const before = layout.partKinds[part] === Part.line ? first : end - 1;
  let ax = xy[2 * before] as number;
  let ay = xy[2 * before + 1] as number;
  for (let vertex = first; vertex < end; vertex++) {
    const bx = xy[2 * vertex] as number;
    const by = xy[2 * vertex + 1] as number;
    if (segmentMeets(ax, ay, bx, by, minX, minY, maxX, maxY)) return true;
    ax = bx;
    ay = by;
  }
  return false;
}

/** Whether a ray from a point crosses a ring an odd number of times. */
export function crossesOddly({ layout, xy }: Drawn, part: number, x: number, y: number): boolean {
  const end = layout.partVertices[part + 1] as number;
  let odd = false;
  let before = end - 1;
  for (let vertex = layout.partVertices[part] as number; vertex < end; before = vertex++) {
    const ax = xy[2 * before] as number;
    const ay = xy[2 * before + 1] as number;
    const bx = xy[2 * vertex] as number;
    const by = xy[2 * vertex + 1] as number;
    if (ay > y !== by > y && x < ax + ((y - ay) * (bx - ax)) / (by - ay)) odd = !odd;
  }
  return odd;
}

/**
 * Whether the geometry of an item and a closed rectangle have a point in common. Segments are straight; those with a NaN do not
 * count. A point is inside a polygon if it is inside an odd number of its rings.
 *
 * @param filled false: only points and segments count. For items with vertices that have no place: the inside of their
 * rings is unknown.
 */
export function partsMeet(
  drawn: Drawn,
  item: number,
  minX: number,
  minY: number,
  maxX: number,
  maxY: number,
  filled: boolean,
): boolean {
  const { itemParts, partKinds } = drawn.layout;
  const end = itemParts[item + 1] as number;
  let covered = false;
  for (let part = itemParts[item] as number; part < end; part++) {
    const kind = partKinds[part];
    // Any part but a hole comes after the end of a polygon.
    if (covered && kind !== Part.hole) return true;
    const meets = kind === Part.points ? pointsMeet : lineMeets;
    if (meets(drawn, part, minX, minY, maxX, maxY)) return true;
    // No segment meets the rectangle, so all of it is inside the ring or all of it outside.
    if (filled && (kind === Part.shell || kind === Part.hole))
      covered = covered !== crossesOddly(drawn, part, minX, minY);
  }
  return covered;
}
