import type { Bbox } from './box.js';
import { DATA_CRS } from './crs.js';
import type { JsonObject } from './geojson.js';
import { Layout, Part } from './layout.js';
import { crossesOddly, type Drawn } from './meets.js';
import { type Placed, PlacedLayout, PlacedPoint } from './placed.js';
import { Rounding } from './rounding.js';
import { isOnSegment, segmentsMeet } from './segment.js';

/** A full turn of longitude, in degrees. */
const TURN = 360;

/** A geometry wider than this number of turns has no meaningful place. */
const MAX_TURNS = 8;

/** Parts of a drawing, from `first` to before `end`. */
interface Parts {
  readonly drawn: Drawn;
  readonly first: number;
  readonly end: number;
}

/** Visits the segments of a part, a ring's last one included, until `visit` returns true. Returns whether it did. */
function someSegment(
  { layout, xy }: Drawn,
  part: number,
  visit: (ax: number, ay: number, bx: number, by: number) => boolean,
): boolean {
  const first = layout.partVertices[part] as number;
  const end = layout.partVertices[part + 1] as number;
  if (first === end) return false;
  const before = layout.partKinds[part] === Part.line ? first : end - 1;
  let ax = xy[2 * before] as number;
  let ay = xy[2 * before + 1] as number;
  for (let vertex = first; vertex < end; vertex++) {
    const bx = xy[2 * vertex] as number;
    const by = xy[2 * vertex + 1] as number;
    if (visit(ax, ay, bx, by)) return true;
    ax = bx;
    ay = by;
  }
  return false;
}

/** Whether a point that is on no edge is inside one of the polygons among the parts. */
function covers({ drawn, first, end }: Parts, x: number, y: number): boolean {
  const { partKinds } = drawn.layout;
  let covered = false;
  for (let part = first; part < end; part++) {
    const kind = partKinds[part];
    if (covered && kind !== Part.hole) return true;
    if (kind === Part.shell || kind === Part.hole) covered = covered !== crossesOddly(drawn, part, x, y);
  }
  return covered;
}

/** Polygons in EPSG:4326, edges included, for tests against messages. */
export class PolygonArea {
  readonly #rings: Parts;
  readonly #envelope: Bbox;

  /** @param geometry a Polygon or MultiPolygon whose rings are closed */
  constructor(geometry: JsonObject) {
    const placed = new PlacedLayout(Layout.of(geometry), DATA_CRS, Rounding.to(0));
    this.#rings = { drawn: placed, first: 0, end: placed.layout.partKinds.length };
    this.#envelope = placed.envelopeOf(0);
  }

  /** Whether an item of a message, placed in EPSG:4326, has a point in common with the polygons. */
  meets(placed: Placed, item: number): boolean {
    const envelope = envelopeOf(placed, item);
    if (envelope.maxX - envelope.minX > MAX_TURNS * TURN) return false;
    const last = Math.floor((this.#envelope.maxX - envelope.minX) / TURN);
    for (let turns = Math.ceil((this.#envelope.minX - envelope.maxX) / TURN); turns <= last; turns++) {
      if (this.#meetsAt(placed, item, turns * TURN)) return true;
    }
    return false;
  }

  #meetsAt(placed: Placed, item: number, shift: number): boolean {
    if (placed instanceof PlacedPoint) return this.#holds(placed.x + shift, placed.y);
    if (!(placed instanceof PlacedLayout)) return false;
    const { minY, maxY } = placed.envelopeOf(item);
    if (minY > this.#envelope.maxY || maxY < this.#envelope.minY) return false;
    const { itemParts } = placed.layout;
    const parts: Parts = {
      drawn: shift === 0 ? placed : shifted(placed, shift),
      first: itemParts[item] as number,
      end: itemParts[item + 1] as number,
    };
    return this.#meetsParts(parts) || this.#liesIn(parts);
  }

  /** Whether an edge of the parts touches the polygons, or is inside them. */
  #meetsParts({ drawn, first, end }: Parts): boolean {
    for (let part = first; part < end; part++) {
      if (
        drawn.layout.partKinds[part] === Part.points
          ? this.#holdsAny(drawn, part)
          : this.#meetsLine(drawn, part)
      ) {
        return true;
      }
    }
    return false;
  }

  #holdsAny({ layout, xy }: Drawn, part: number): boolean {
    const end = layout.partVertices[part + 1] as number;
    for (let vertex = layout.partVertices[part] as number; vertex < end; vertex++) {
      if (this.#holds(xy[2 * vertex] as number, xy[2 * vertex + 1] as number)) return true;
    }
    return false;
  }

  #meetsLine(drawn: Drawn, part: number): boolean {
    const { layout, xy } = drawn;
    if (someSegment(drawn, part, (ax, ay, bx, by) => this.#crosses(ax, ay, bx, by))) return true;
    // The line touches no edge, so all of it is inside the polygons or all of it outside.
    const vertex = layout.partVertices[part] as number;
    if (vertex === layout.partVertices[part + 1]) return false;
    return covers(this.#rings, xy[2 * vertex] as number, xy[2 * vertex + 1] as number);
  }

  /** Whether a segment touches an edge of the polygons. */
  #crosses(ax: number, ay: number, bx: number, by: number): boolean {
    const { minX, minY, maxX, maxY } = this.#envelope;
    if (ax < minX && bx < minX) return false;
    if (ax > maxX && bx > maxX) return false;
    if (ay < minY && by < minY) return false;
    if (ay > maxY && by > maxY) return false;
    return this.#someEdge((cx, cy, dx, dy) => segmentsMeet(ax, ay, bx, by, cx, cy, dx, dy));
  }

  #holds(x: number, y: number): boolean {
    const { minX, minY, maxX, maxY } = this.#envelope;
    if (!(x >= minX && x <= maxX && y >= minY && y <= maxY)) return false;
    return covers(this.#rings, x, y) || this.#someEdge((ax, ay, bx, by) => isOnSegment(ax, ay, bx, by, x, y));
  }

  /** Whether a polygon is inside one of the parts; for parts whose edges touch none of ours. */
  #liesIn(parts: Parts): boolean {
    const { drawn, first, end } = this.#rings;
    for (let part = first; part < end; part++) {
      const vertex = drawn.layout.partVertices[part] as number;
      if (covers(parts, drawn.xy[2 * vertex] as number, drawn.xy[2 * vertex + 1] as number)) return true;
    }
    return false;
  }

  #someEdge(visit: (ax: number, ay: number, bx: number, by: number) => boolean): boolean {
    const { drawn, first, end } = this.#rings;
    for (let part = first; part < end; part++) if (someSegment(drawn, part, visit)) return true;
    return false;
  }
}

function envelopeOf(placed: Placed, item: number): Bbox {
  if (placed instanceof PlacedLayout) return placed.envelopeOf(item);
  if (placed instanceof PlacedPoint)
    return { minX: placed.x, minY: placed.y, maxX: placed.x, maxY: placed.y };
  return { minX: Number.NaN, minY: Number.NaN, maxX: Number.NaN, maxY: Number.NaN };
}

/** The same drawing, moved to the east by this number of degrees. */
function shifted({ layout, xy }: Drawn, degrees: number): Drawn {
  const moved = Float64Array.from(xy);
  for (let i = 0; i < moved.length; i += 2) moved[i] = (moved[i] as number) + degrees;
  return { layout, xy: moved };
}
