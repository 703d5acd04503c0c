import { createHash } from 'node:crypto';
import { type Bbox, type Window, windowOf } from './box.js';
import { DATA_CRS } from './crs.js';
import { isObject } from './geojson.js';
import { type Placed, PlacedLayout } from './placed.js';
import { PolygonArea } from './polygon-area.js';

/** The form in which an area is tested: a window for a box, rings for polygons. */
type Shape = { readonly window: Window } | { readonly polygons: PolygonArea };

/** Bounds of positions in an area: one and a half turns, for areas that cross the antimeridian. */
const MAX_LONGITUDE = 540;
const MAX_LATITUDE = 90;

const REMEDY =
  'it must be [minX, minY, maxX, maxY] in degrees, or a Polygon or MultiPolygon of GeoJSON with longitude before latitude';

/**
 * A part of the earth, in EPSG:4326; a client gets nothing from outside it. Areas with the same text have the same `id`.
 * Edges belong to the area.
 */
export class Area {
  /** Equal for equal areas. */
  readonly id: string;
  /** JSON text that {@link Area.parse} turns into the same area. */
  readonly json: string;
  readonly #shape: Shape;

  private constructor(shape: Shape, json: string) {
    this.#shape = shape;
    this.json = json;
    this.id = createHash('sha256').update(json).digest('base64url');
  }

  /** Reads the `json` of an area. */
  static parse(json: string): Area {
    return Area.of(JSON.parse(json));
  }

  /**
   * Reads an area from JSON: a box as `[minX, minY, maxX, maxY]`, which crosses the antimeridian if minX > maxX, or a
   * Polygon or MultiPolygon.
   *
   * @throws RangeError whose message says what is wrong and what is valid
   */
  static of(value: unknown): Area {
    const shape = Array.isArray(value) ? boxShape(value) : polygonShape(value);
    if (shape === null) throw new RangeError(`the area cannot be read; ${REMEDY}`);
    return new Area(shape, JSON.stringify(value));
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
    return 'window' in this.#shape
      ? placed.meets(item, this.#shape.window)
      : this.#shape.polygons.meets(placed, item);
  }
}

function isPosition([x, y]: readonly unknown[]): boolean {
  if (typeof x !== 'number' || typeof y !== 'number') return false;
  return Math.abs(x) <= MAX_LONGITUDE && Math.abs(y) <= MAX_LATITUDE;
}

function boxShape(value: readonly unknown[]): Shape | null {
  if (value.length !== 4 || !isPosition(value.slice(0, 2)) || !isPosition(value.slice(2))) return null;
  const [minX, minY, maxX, maxY] = value as [number, number, number, number];
  const box: Bbox = { minX, minY, maxX, maxY };
  return minY <= maxY ? { window: windowOf(box, DATA_CRS) } : null;
}

function polygonShape(value: unknown): Shape | null {
  if (!isObject(value) || !Array.isArray(value.coordinates)) return null;
  const coordinates: readonly unknown[] = value.coordinates;
  const polygons =
    value.type === 'Polygon' ? [coordinates] : value.type === 'MultiPolygon' ? coordinates : [];
  if (polygons.length === 0 || !polygons.every(isPolygon)) return null;
  return { polygons: new PolygonArea(value) };
}

function isPolygon(rings: unknown): boolean {
  return Array.isArray(rings) && rings.length > 0 && rings.every(isRing);
}

/** A linear ring: four positions or more, and the last one repeats the first (RFC 7946 section 3.1.6). */
function isRing(ring: unknown): boolean {
  if (!Array.isArray(ring) || ring.length < 4) return false;
  if (!ring.every((position) => Array.isArray(position) && isPosition(position))) return false;
  const [first, last] = [ring[0] as number[], ring[ring.length - 1] as number[]];
  return first[0] === last[0] && first[1] === last[1];
}
