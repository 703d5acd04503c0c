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
  return Array.isArray(features) ? features : null;
}

/** A feature that has no place in the session's projection: it is there, but cannot be drawn. */
export function withoutPlace(feature: Feature<Geometry | null>): LiveFeature {
  return { ...feature, geometry: { type: 'GeometryCollection', geometries: [] } };
}

/** Whether a feature has a geometry. */
export function isPlaced(feature: Feature<Geometry | null>): feature is LiveFeature {
  return typeof feature.geometry === 'object' && feature.geometry !== null;
}
