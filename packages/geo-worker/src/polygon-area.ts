import Flatbush from 'flatbush';
import { DATA_CRS } from './crs.js';
import type { JsonObject } from './geojson.js';
import { Layout, Part } from './layout.js';
import { crossesOddly, type Drawn } from './meets.js';
import { MAX_TURNS, type Placed, PlacedLayout, PlacedPoint } from './placed.js';
import { Rounding } from './rounding.js';
import { isOnSegment, segmentsMeet } from './segment.js';

/** A full turn of longitude, in degrees. */
const TURN = 360;

/** The edges of polygons in EPSG:4326. Indices are within the lists, so no value is undefined. */
interface Edges {
  /** ax, ay, bx, by of each edge. */
  readonly ends: Float64Array;
  /** The number of the polygon that each edge belongs to. */
  readonly polygons: Int32Array;
  /** x and y of one vertex of each polygon's shell. */
  readonly corners: readonly (readonly [x: number, y: number])[];
}

function edgesOf({ layout, xy }: Drawn): Edges {
  const { partKinds, partVertices } = layout;
  const ends: number[] = [];
  const polygons: number[] = [];
  const corners: [number, number][] = [];
  for (const [part, kind] of partKinds.entries()) {
    const first = partVertices[part] as number;
    const end = partVertices[part + 1] as number;
    if (kind === Part.shell) corners.push([xy[2 * first] as number, xy[2 * first + 1] as number]);
    // Rings are closed: their last vertex is the first one.
    for (let vertex = first; vertex + 1 < end; vertex++) {
      ends.push(...xy.subarray(2 * vertex, 2 * vertex + 4));
      polygons.push(corners.length - 1);
    }
  }
  return { ends: Float64Array.from(ends), polygons: Int32Array.from(polygons), corners };
}

function indexOf(ends: Float64Array): Flatbush {
  const index = new Flatbush(ends.length / 4);
  for (let at = 0; at < ends.length; at += 4) {
    const [ax = 0, ay = 0, bx = 0, by = 0] = ends.subarray(at, at + 4);
    index.add(Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by));
  }
  index.finish();
  return index;
}

/** Polygons in EPSG:4326, edges included, for exact tests against messages. Their edges are in an index. */
export class PolygonArea {
  readonly #edges: Edges;
  readonly #index: Flatbush;

  /** @param geometry a Polygon or MultiPolygon whose rings are closed */
  constructor(geometry: JsonObject) {
    this.#edges = edgesOf(new PlacedLayout(Layout.of(geometry), DATA_CRS, Rounding.to(0)));
    this.#index = indexOf(this.#edges.ends);
  }

  /**
   * Whether an item of a message, placed in EPSG:4326, has a point in common with the polygons, in any turn of longitude.
   * Of segments and polygons that are wider than {@link MAX_TURNS} nothing counts but their vertices and edges.
   */
  meets(placed: Placed, item: number): boolean {
    if (placed instanceof PlacedPoint) return this.#holds(placed.x, placed.y);
    if (!(placed instanceof PlacedLayout)) return false;
    const { minY, maxY } = placed.envelopeOf(item);
    if (minY > this.#index.maxY || maxY < this.#index.minY) return false;
    const { itemParts } = placed.layout;
    const first = itemParts[item] as number;
    const end = itemParts[item + 1] as number;
    for (let part = first; part < end; part++) if (this.#meetsPart(placed, part)) return true;
    return this.#liesIn(placed, first, end);
  }

  /** Whether a vertex or segment of a part touches the polygons, or is inside them. */
  #meetsPart({ layout, xy }: Drawn, part: number): boolean {
    const first = layout.partVertices[part] as number;
    const end = layout.partVertices[part + 1] as number;
    const isLine = layout.partKinds[part] !== Part.points;
    let before = layout.partKinds[part] === Part.line ? first : end - 1;
    for (let vertex = first; vertex < end; before = vertex++) {
      const x = xy[2 * vertex] as number;
      const y = xy[2 * vertex + 1] as number;
      // A line that touches no edge is all inside the polygons or all outside.
      if ((!isLine || vertex === first) && this.#holds(x, y)) return true;
      if (isLine && this.#crosses(xy[2 * before] as number, xy[2 * before + 1] as number, x, y)) return true;
    }
    return false;
  }

  /** Whether the polygons hold a point in some turn. */
  #holds(x: number, y: number): boolean {
    return someTurn(this.#index, x, x, (shift) => this.#holdsAt(x + shift, y));
  }

  /** Whether a segment touches an edge of the polygons in some turn. */
  #crosses(ax: number, ay: number, bx: number, by: number): boolean {
    const [minY, maxY] = [Math.min(ay, by), Math.max(ay, by)];
    return someTurn(this.#index, Math.min(ax, bx), Math.max(ax, bx), (shift) => {
      const [from, to] = [ax + shift, bx + shift];
      for (const edge of this.#index.search(Math.min(from, to), minY, Math.max(from, to), maxY)) {
        const { ends } = this.#edges;
        const at = 4 * edge;
        const [cx, cy] = [ends[at] as number, ends[at + 1] as number];
        if (segmentsMeet(from, ay, to, by, cx, cy, ends[at + 2] as number, ends[at + 3] as number))
          return true;
      }
      return false;
    });
  }

  /** Counts, for each polygon, its edges east of the point: the point is inside a polygon if they are odd. */
  #holdsAt(x: number, y: number): boolean {
    const { ends, polygons } = this.#edges;
    const odd = new Set<number>();
    for (const edge of this.#index.search(x, y, Number.POSITIVE_INFINITY, y)) {
      const at = 4 * edge;
      const [ax, ay] = [ends[at] as number, ends[at + 1] as number];
      const [bx, by] = [ends[at + 2] as number, ends[at + 3] as number];
      if (isOnSegment(ax, ay, bx, by, x, y)) return true;
      if (ay > y === by > y || x >= ax + ((y - ay) * (bx - ax)) / (by - ay)) continue;
      const polygon = polygons[edge] as number;
      if (!odd.delete(polygon)) odd.add(polygon);
    }
    return odd.size > 0;
  }

  /** Whether one of the polygons is inside a polygon among the parts; for parts whose edges touch none of ours. */
  #liesIn(drawn: Drawn, first: number, end: number): boolean {
    const { partKinds } = drawn.layout;
    for (let shell = first; shell < end; shell++) {
      if (partKinds[shell] !== Part.shell) continue;
      let after = shell + 1;
      while (after < end && partKinds[after] === Part.hole) after++;
      if (this.#liesInPolygon(drawn, shell, after)) return true;
    }
    return false;
  }

  #liesInPolygon(drawn: Drawn, shell: number, end: number): boolean {
    const envelope = envelopeOf(drawn, shell);
    return this.#edges.corners.some(([x, y]) =>
      someTurn(envelope, x, x, (shift) => {
        if (y < envelope.minY || y > envelope.maxY) return false;
        let inside = false;
        for (let part = shell; part < end; part++)
          if (crossesOddly(drawn, part, x + shift, y)) inside = !inside;
        return inside;
      }),
    );
  }
}

/** The sides of an envelope. */
type Sides = Readonly<Record<'minX' | 'minY' | 'maxX' | 'maxY', number>>;

/**
 * Tries each shift by whole turns that brings some x between `west` and `east` into an envelope, until one passes; none if
 * there are too many.
 */
function someTurn(
  { minX, maxX }: Sides,
  west: number,
  east: number,
  passes: (shift: number) => boolean,
): boolean {
  if (!(east - west <= MAX_TURNS * TURN && maxX - minX <= MAX_TURNS * TURN)) return false;
  const last = Math.floor((maxX - west) / TURN);
  for (let turns = Math.ceil((minX - east) / TURN); turns <= last; turns++) {
    if (passes(turns * TURN)) return true;
  }
  return false;
}

function envelopeOf({ layout, xy }: Drawn, part: number): Sides {
  let [minX, minY] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  let [maxX, maxY] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const end = 2 * (layout.partVertices[part + 1] as number);
  for (let at = 2 * (layout.partVertices[part] as number); at < end; at += 2) {
    minX = Math.min(minX, xy[at] as number);
    maxX = Math.max(maxX, xy[at] as number);
    minY = Math.min(minY, xy[at + 1] as number);
    maxY = Math.max(maxY, xy[at + 1] as number);
  }
  return { minX, minY, maxX, maxY };
}
