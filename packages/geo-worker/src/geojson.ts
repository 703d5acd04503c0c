/** A JSON object whose members are not known. */
export type JsonObject = { readonly [member: string]: unknown };

/** What the vertices of a geometry form: separate points, a line, or the rings of an area. */
export type Drawing = 'points' | 'line' | 'rings';

/** A geometry type that has coordinates: how it is drawn, and how deep its positions are nested (a Point's: 0). */
interface SimpleType {
  readonly drawing: Drawing;
  readonly depth: number;
}

const SIMPLE_TYPES: ReadonlyMap<unknown, SimpleType> = new Map([
  ['Point', { drawing: 'points', depth: 0 }],
  ['MultiPoint', { drawing: 'points', depth: 1 }],
  ['LineString', { drawing: 'line', depth: 1 }],
  ['MultiLineString', { drawing: 'line', depth: 2 }],
  ['Polygon', { drawing: 'rings', depth: 2 }],
  ['MultiPolygon', { drawing: 'rings', depth: 3 }],
]);

/** More deeply nested collections are not read: no map draws them, and they could exhaust the stack. */
export const MAX_NESTING = 32;

/** A geometry of the six types that have coordinates. */
export interface SimpleGeometry extends SimpleType {
  readonly coordinates: readonly unknown[];
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as a geometry with coordinates, or null if it is not one. The contents of its coordinates are not checked. */
export function asSimpleGeometry(value: JsonObject): SimpleGeometry | null {
  const type = SIMPLE_TYPES.get(value.type);
  if (type === undefined || !Array.isArray(value.coordinates)) return null;
  return { drawing: type.drawing, depth: type.depth, coordinates: value.coordinates };
}

/** The members of a GeometryCollection, or null if the value is not one. */
export function asCollection(value: JsonObject): readonly unknown[] | null {
  return value.type === 'GeometryCollection' && Array.isArray(value.geometries) ? value.geometries : null;
}

/** The features of a FeatureCollection, or null if the value is not one. */
export function asFeatures(value: unknown): readonly unknown[] | null {
  if (!isObject(value) || value.type !== 'FeatureCollection') return null;
  return Array.isArray(value.features) ? value.features : null;
}

export function isFeature(value: unknown): value is JsonObject {
  return isObject(value) && value.type === 'Feature';
}

/** Whether a value is a geometry of one of GeoJSON's seven types (RFC 7946, section 3.1). */
export function isGeometry(value: unknown): value is JsonObject {
  return isObject(value) && (asSimpleGeometry(value) !== null || asCollection(value) !== null);
}

/** Whether a value has a GeoJSON type with positions or features, but lacks what that type must have. */
export function isMalformed(value: unknown): boolean {
  if (!isObject(value) || isGeometry(value) || asFeatures(value) !== null) return false;
  const { type } = value;
  return SIMPLE_TYPES.has(type) || type === 'GeometryCollection' || type === 'FeatureCollection';
}
