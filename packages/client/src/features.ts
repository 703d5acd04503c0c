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

/** The features in a message: a Feature itself, or those of a FeatureCollection; null for anything else. */
export function featuresIn(content: unknown): readonly Feature<Geometry | null>[] | null {
  if (typeof content !== 'object' || content === null) return null;
  const { type } = content as { type?: unknown };
  if (type === 'Feature') return [content as Feature<Geometry | null>];
  if (type !== 'FeatureCollection') return null;
  const { features } = content as Partial<FeatureCollection<Geometry | null>>;
  // Publishers may write anything, also null.
  return Array.isArray(features) ? features.filter(Boolean) : null;
}

const SHAPES = ['Point', 'LineString', 'Polygon'];

/**
 * The feature as maps can draw it. Publishers may write anything, and if a geometry is not GeoJSON, maps throw and miss the
 * features that arrive with it. So such a feature has no place instead.
 */
export function drawable(feature: LiveFeature): LiveFeature {
  return isDrawable(feature.geometry, 9) ? feature : withoutPlace(feature);
}

/** @param nesting how deeply collections may be nested in it: without a limit, they could exhaust the stack */
function isDrawable(geometry: unknown, nesting: number): boolean {
  const { type, coordinates, geometries } = (geometry ?? {}) as Record<string, unknown>;
  if (type === 'GeometryCollection' && nesting > 0)
    return Array.isArray(geometries) && geometries.every((member) => isDrawable(member, nesting - 1));
  // The place of a shape in the list is how deeply positions are nested in its coordinates; for `Multi`, it is one level more.
  const depth = SHAPES.findIndex((shape) => type === shape || type === `Multi${shape}`);
  return depth >= 0 && [coordinates].flat(depth + Number(type !== SHAPES[depth])).every(isPosition);
}

function isPosition(value: unknown): boolean {
  return Array.isArray(value) && Number.isFinite(value[0]) && Number.isFinite(value[1]);
}

/** A feature that has no place in the session's projection: it is there, but cannot be drawn. */
export function withoutPlace(feature: Feature<Geometry | null>): LiveFeature {
  return { ...feature, geometry: { type: 'GeometryCollection', geometries: [] } };
}

/** Whether a feature has a geometry. */
export function isPlaced(feature: Feature<Geometry | null>): feature is LiveFeature {
  return typeof feature.geometry === 'object' && feature.geometry !== null;
}
