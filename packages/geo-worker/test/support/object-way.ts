import { Rounding } from '../../src/rounding.js';
import type { View } from '../../src/view.js';

/**
 * Converts messages the plain way, as objects: what the text edits of GeoMessage must come to. It shares no code
 * with them but the projection and the rounding of one number.
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

/** Thrown where a geometry cannot be written in the view. */
class Unwritable extends Error {}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function depthOf(value: Json): number | undefined {
  return Array.isArray(value.coordinates) && Object.hasOwn(DEPTHS, String(value.type))
    ? DEPTHS[String(value.type)]
    : undefined;
}

function isGeometry(value: unknown): value is Json {
  if (!isObject(value)) return false;
  return (
    depthOf(value) !== undefined || (value.type === 'GeometryCollection' && Array.isArray(value.geometries))
  );
}

function position(value: unknown, view: View): unknown[] {
  if (!Array.isArray(value) || typeof value[0] !== 'number' || typeof value[1] !== 'number')
    throw new Unwritable();
  const out = new Float64Array(2);
  if (!view.crs.project(value[0], value[1], out, 0)) throw new Unwritable();
  const rounding = new Rounding(view.precision ?? (view.crs.isDataCrs ? 0 : view.crs.precision));
  const xy = [...out].map((number) => rounding.round(number));
  if (view.axisOrder === 'crs' && view.crs.swapsAxes) xy.reverse();
  const further = value.slice(2);
  const end = further.findIndex((number) => typeof number !== 'number' || !Number.isFinite(number));
  return [...xy, ...(end < 0 ? further : further.slice(0, end))];
}

function coordinates(value: unknown, depth: number, view: View): unknown {
  if (!Array.isArray(value)) throw new Unwritable();
  if (depth > 0)
    return value.map((child) => (depth === 1 ? position(child, view) : coordinates(child, depth - 1, view)));
  return value.length === 0 ? [] : position(value, view);
}

function withoutStale({ bbox: _bbox, crs: _crs, ...rest }: Json): Json {
  return rest;
}

function geometry(value: unknown, view: View): unknown {
  if (!isGeometry(value)) return value;
  const depth = depthOf(value);
  if (depth !== undefined) {
    return { ...withoutStale(value), coordinates: coordinates(value.coordinates, depth, view) };
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

/** What the message is in a view that changes something, as the client's JSON.parse sees it. */
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
