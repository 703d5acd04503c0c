import { Rounding } from '../../src/rounding.js';
import type { View } from '../../src/view.js';

/**
 * Converts messages the plain way, as objects: the text edits of GeoMessage must give the same result. Both share only the
 * projection and the rounding of one number.
 */

type Json = Record<string, unknown>;

const DEPTHS: Record<string, number> = {
  Point: 0,
  MultiPoint: 1,
  LineString: 1,
  MultiLineString: 2,
  Polygon: 2,
  MultiPolygon: 3,
};

/** Thrown if a geometry cannot be written in the view. */
class Unwritable extends Error {}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function depthOf(value: Json): number | undefined {
  return Array.isArray(value.coordinates) && Object.hasOwn(DEPTHS, String(value.type))
    ? DEPTHS[String(value.type)]
    : undefined;
}

function isKnownType(type: unknown): boolean {
  const others = ['GeometryCollection', 'FeatureCollection'];
  return Object.hasOwn(DEPTHS, String(type)) || others.includes(String(type));
}

function isGeometry(value: unknown): value is Json {
  if (!isObject(value)) return false;
  return (
    depthOf(value) !== undefined || (value.type === 'GeometryCollection' && Array.isArray(value.geometries))
  );
}

/** The first position of a line or polygon, as published and as projected: the others continue from there. */
interface Start {
  readonly lon: number;
  readonly x: number;
}

/** x in the world in which it is closest to its place if the world did not end. */
function continued(x: number, lon: number, start: Start, turn: number): number {
  const expected = start.x + ((lon - start.lon) / 360) * turn;
  let nearest = x;
  while (expected - nearest > turn / 2) nearest += turn;
  while (nearest - expected > turn / 2) nearest -= turn;
  return nearest;
}

function startOf(value: unknown, view: View): Start | null {
  if (view.crs.turn === 0 || view.crs.isDataCrs || !Array.isArray(value)) return null;
  const out = new Float64Array(2);
  if (!view.crs.project(value[0], value[1], out, 0)) throw new Unwritable();
  return { lon: value[0], x: out[0] as number };
}

function position(value: unknown, view: View, start: Start | null): unknown[] {
  if (!Array.isArray(value) || typeof value[0] !== 'number' || typeof value[1] !== 'number')
    throw new Unwritable();
  const out = new Float64Array(2);
  if (!view.crs.project(value[0], value[1], out, 0)) throw new Unwritable();
  if (start !== null) out[0] = continued(out[0] as number, value[0], start, view.crs.turn);
  const rounding = new Rounding(view.precision ?? (view.crs.isDataCrs ? 0 : view.crs.precision));
  const xy = [...out].map((number) => rounding.round(number));
  if (view.axisOrder === 'crs' && view.crs.swapsAxes) xy.reverse();
  const further = value.slice(2);
  const end = further.findIndex((number) => typeof number !== 'number' || !Number.isFinite(number));
  return [...xy, ...(end < 0 ? further : further.slice(0, end))];
}

/** A line, or a polygon of several rings: one piece. */
function piece(value: unknown, depth: number, view: View, start: Start | null): unknown {
  if (!Array.isArray(value)) throw new Unwritable();
  return value.map((child) =>
    depth === 1 ? position(child, view, start) : piece(child, depth - 1, view, start),
  );
}

function coordinates(type: string, value: unknown, depth: number, view: View): unknown {
  if (!Array.isArray(value)) throw new Unwritable();
  if (depth === 0) return value.length === 0 ? [] : position(value, view, null);
  if (type === 'MultiPoint') return piece(value, depth, view, null);
  if (type.startsWith('Multi')) return value.map((child) => coordinates('', child, depth - 1, view));
  return piece(value, depth, view, startOf(value.flat(depth - 1)[0], view));
}

function withoutStale({ bbox: _bbox, crs: _crs, ...rest }: Json): Json {
  return rest;
}

function geometry(value: unknown, view: View): unknown {
  if (!isGeometry(value)) {
    // A GeoJSON type without its required member.
    if (isObject(value) && isKnownType(value.type)) throw new Unwritable();
    return value;
  }
  const depth = depthOf(value);
  if (depth !== undefined) {
    return {
      ...withoutStale(value),
      coordinates: coordinates(String(value.type), value.coordinates, depth, view),
    };
  }
  const members = value.geometries as unknown[];
  return { ...withoutStale(value), geometries: members.map((member) => geometry(member, view)) };
}

function wholeGeometry(value: unknown, view: View): unknown {
  try {
    return geometry(value, view);
  } catch (error) {
    if (error instanceof Unwritable) return null;
    throw error;
  }
}

function item(value: unknown, view: View): unknown {
  if (!isObject(value) || value.type !== 'Feature') return wholeGeometry(value, view);
  const rest = withoutStale(value);
  return 'geometry' in rest ? { ...rest, geometry: wholeGeometry(rest.geometry, view) } : rest;
}

/** The parsed message as a client receives it in a view that changes something. */
export function convert(value: unknown, view: View, keep: (index: number) => boolean = () => true): unknown {
  let converted: unknown;
  if (isObject(value) && value.type === 'FeatureCollection' && Array.isArray(value.features)) {
    const features = value.features.filter((_, index) => keep(index)).map((feature) => item(feature, view));
    converted = { ...withoutStale(value), features };
  } else {
    converted = item(value, view);
  }
  return JSON.parse(JSON.stringify(converted));
}
