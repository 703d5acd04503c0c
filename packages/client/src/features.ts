import type { Feature, FeatureCollection, GeoJsonProperties, Geometry, GeometryCollection } from 'geojson';

/** Identifies a feature of a channel. */
export type FeatureId = string | number;

/**
 * A feature with a geometry. One without is a removal, see {@link Removal}. A feature that does not exist in the session's
 * projection, such as a ship at the pole, has an empty GeometryCollection, whatever its type of geometry.
 *
 * @typeParam Properties of the features, as they are published; not checked
 * @typeParam Shape of the features, such as `Point`; not checked
 */
export type LiveFeature<
  Properties extends GeoJsonProperties = GeoJsonProperties,
  Shape extends Geometry = Geometry,
> = Feature<Shape | GeometryCollection, Properties>;

/** Returns the id of a feature; undefined if it has none. */
export type IdOf<
  Properties extends GeoJsonProperties = GeoJsonProperties,
  Shape extends Geometry = Geometry,
> = (feature: Feature<Shape | null, Properties>) => FeatureId | undefined;

/** A value that can be an id: text or a number; null for anything else. */
export function asId(value: unknown): FeatureId | null {
  return typeof value === 'string' || typeof value === 'number' ? value : null;
}

/** The features in a message: a Feature itself, or the objects of a FeatureCollection; null for anything else. */
export function featuresIn(content: unknown): readonly Feature<Geometry | null>[] | null {
  if (typeof content !== 'object' || content === null) return null;
  const { type } = content as { type?: unknown };
  if (type === 'Feature') return [content as Feature<Geometry | null>];
  if (type !== 'FeatureCollection') return null;
  const { features } = content as Partial<FeatureCollection<Geometry | null>>;
  return Array.isArray(features) ? features.filter((feature) => typeof feature === 'object' && feature) : null;
}

/** How deep positions are nested in the coordinates of each type. */
const DEPTHS = new Map<unknown, number>([
  ['Point', 0],
  ['MultiPoint', 1],
  ['LineString', 1],
  ['MultiLineString', 2],
  ['Polygon', 2],
  ['MultiPolygon', 3],
]);

/** Collections are not read any deeper: maps draw none that are nested. */
const MAX_NESTING = 32;

/**
 * The feature as maps can draw it. Anybody who may publish decides what is in a feature, and maps throw at what is not
 * GeoJSON, so that the features that arrive together with it would be missing: it has no place, or no properties, instead.
 */
export function drawable(feature: LiveFeature): LiveFeature {
  const placed = isDrawable(feature.geometry, MAX_NESTING) ? feature : withoutPlace(feature);
  return typeof placed.properties === 'object' ? placed : { ...placed, properties: null };
}

function isDrawable(value: unknown, nesting: number): boolean {
  const { type, coordinates, geometries } = (value ?? {}) as Record<string, unknown>;
  if (type === 'GeometryCollection' && nesting > 0)
    return Array.isArray(geometries) && geometries.every((member) => isDrawable(member, nesting - 1));
  return isNested(coordinates, DEPTHS.get(type));
}

/** Whether a value is a position, or lists of them of this depth; never if there is none. */
function isNested(value: unknown, depth: number | undefined): boolean {
  if (!Array.isArray(value) || depth === undefined) return false;
  if (depth > 0) return value.every((part) => isNested(part, depth - 1));
  return Number.isFinite(value[0]) && Number.isFinite(value[1]);
}

/** A feature that has no place in the session's projection: it is there, but cannot be drawn. */
export function withoutPlace(feature: Feature<Geometry | null>): LiveFeature {
  return { ...feature, geometry: { type: 'GeometryCollection', geometries: [] } };
}

/** Whether a feature has a geometry. */
export function isPlaced(feature: Feature<Geometry | null>): feature is LiveFeature {
  return typeof feature.geometry === 'object' && feature.geometry !== null;
}
