import { createHash } from 'node:crypto';
import { type Bbox, type Window, windowOf } from './box.js';
import { DATA_CRS } from './crs.js';
import { isObject, type JsonObject } from './geojson.js';
import { type Placed, PlacedLayout } from './placed.js';
import { PolygonArea } from './polygon-area.js';

/** Bounds of positions in an area: one and a half turns, for areas that cross the antimeridian. */
const MAX_LONGITUDE = 540;
const MAX_LATITUDE = 90;

/** Each vertex takes time and memory for every message, in every session with an area of its own. */
const MAX_VERTICES = 10_000;

const REMEDY =
  'it must be [minX, minY, maxX, maxY] in degrees, or a Polygon or MultiPolygon of GeoJSON with longitude before latitude';

/** What is shown of messages that cannot be compared with an area. */
export interface AreaOptions {
  /** Whether nothing is shown that is not GeoJSON: it may say anything about places outside. */
  readonly strict: boolean;
}

/**
 * A part of the earth, in EPSG:4326; a client gets nothing from outside it. Areas with the same text and options have the
 * same `id`. Edges belong to the area.
 */
export class Area {
  /** Equal for equal areas. */
  readonly id: string;
  /** JSON text that {@link Area.parse} turns into the same area. */
  readonly json: string;
  /** Whether messages that are not GeoJSON are outside. */
  readonly isStrict: boolean;
  /** Null for polygons. */
  readonly #window: Window | null;
  readonly #geometry: JsonObject;
  #polygons: PolygonArea | null = null;

  private constructor({ window, geometry }: Shape, value: unknown, { strict }: AreaOptions) {
    this.#window = window;
    this.#geometry = geometry;
    this.isStrict = strict;
    this.json = JSON.stringify({ strict, area: value });
    this.id = createHash('sha256').update(this.json).digest('base64url');
  }

  /** Reads the `json` of an area. */
  static parse(json: string): Area {
    const { area, strict } = JSON.parse(json) as { area: unknown; strict: boolean };
    return Area.of(area, { strict });
  }

  /**
   * Reads an area from JSON: a box as `[minX, minY, maxX, maxY]`, which crosses the antimeridian if minX > maxX, or a
   * Polygon or MultiPolygon.
   *
   * @throws RangeError whose message says what is wrong and what is valid
   */
  static of(value: unknown, options: AreaOptions = { strict: true }): Area {
    const shape = Array.isArray(value) ? boxShape(value) : polygonShape(value);
    if (shape === null) throw new RangeError(`the area cannot be read; ${REMEDY}`);
    return new Area(shape, value, options);
  }

  /**
   * Whether a client may see an item of a message that is placed in EPSG:4326: the item has a point in common with the
   * area, or has no place at all. An item whose place cannot be read stays hidden.
   */
  admits(placed: Placed, item: number): boolean {
    if (placed instanceof PlacedLayout) {
      if (placed.isUnreadable(item)) return false;
      if (!placed.layout.isLocated(item)) return true;
    }
    const window = this.#window;
    const decidesAll = !(placed instanceof PlacedLayout && placed.reachesAround(item, DATA_CRS.turn));
    if (window !== null && (window.around || decidesAll)) return placed.meets(item, window);
    this.#polygons ??= new PolygonArea(this.#geometry);
    return this.#polygons.meets(placed, item);
  }
}

/** What an area consists of. */
interface Shape {
  /** For a box. */
  readonly window: Window | null;
  /** A Polygon or MultiPolygon: for a box, its outline. */
  readonly geometry: JsonObject;
}

function isPosition([x, y]: readonly unknown[]): boolean {
  if (typeof x !== 'number' || typeof y !== 'number') return false;
  return Math.abs(x) <= MAX_LONGITUDE && Math.abs(y) <= MAX_LATITUDE;
}

function boxShape(value: readonly unknown[]): Shape | null {
  if (value.length !== 4 || !isPosition(value.slice(0, 2)) || !isPosition(value.slice(2))) return null;
  const [minX, minY, maxX, maxY] = value as [number, number, number, number];
  const box: Bbox = { minX, minY, maxX, maxY };
  if (minY > maxY) return null;
  const window = windowOf(box, DATA_CRS);
  return { window, geometry: { type: 'MultiPolygon', coordinates: window.rectangles.map(outlineOf) } };
}

/** The rings of a rectangle. */
function outlineOf({ minX, minY, maxX, maxY }: Readonly<Bbox>): number[][][] {
  const corners: number[][] = [
    [minX, minY],
    [maxX, minY],
    [maxX, maxY],
    [minX, maxY],
    [minX, minY],
  ];
  return [corners];
}

function polygonShape(value: unknown): Shape | null {
  if (!isObject(value) || !Array.isArray(value.coordinates)) return null;
  const coordinates: readonly unknown[] = value.coordinates;
  const polygons =
    value.type === 'Polygon' ? [coordinates] : value.type === 'MultiPolygon' ? coordinates : [];
  if (polygons.length === 0 || !polygons.every(isPolygon)) return null;
  const vertices = polygons.flat().reduce((sum, ring) => sum + ring.length, 0);
  if (vertices <= MAX_VERTICES) return { window: null, geometry: value };
  throw new RangeError(
    `the area has ${vertices} vertices; it may have at most ${MAX_VERTICES}, so simplify it`,
  );
}

function isPolygon(rings: unknown): rings is unknown[][] {
  return Array.isArray(rings) && rings.length > 0 && rings.every(isRing);
}

/** A linear ring: four positions or more, and the last one repeats the first (RFC 7946 section 3.1.6). */
function isRing(ring: unknown): ring is unknown[] {
  if (!Array.isArray(ring) || ring.length < 4) return false;
  if (!ring.every((position) => Array.isArray(position) && isPosition(position))) return false;
  const [first, last] = [ring[0] as number[], ring[ring.length - 1] as number[]];
  return first[0] === last[0] && first[1] === last[1];
}
