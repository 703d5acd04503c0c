import type { Feature, FeatureCollection, Geometry } from 'geojson';

/** What tells one feature from the others of a channel. */
export type FeatureId = string | number;

/** A feature that is somewhere. One without a place is a removal, see {@link Removal}. */
export type LiveFeature = Feature<Geometry>;

/** Where a feature's id is; undefined where it has none. */
export type IdOf = (feature: Feature<Geometry | null>) => FeatureId | undefined;

/** The member `id` of RFC 7946, section 3.2. */
export const memberId: IdOf = ({ id }) => id;

/** The features in what came on a channel: of a Feature itself, of a FeatureCollection all; of anything else null. */
export function featuresIn(content: unknown): readonly Feature<Geometry | null>[] | null {
  if (typeof content !== 'object' || content === null) return null;
  const { type } = content as { type?: unknown };
  if (type === 'Feature') return [content as Feature<Geometry | null>];
  if (type !== 'FeatureCollection') return null;
  const { features } = content as Partial<FeatureCollection<Geometry | null>>;
  return Array.isArray(features) ? features : null;
}

/** Whether a feature has a geometry. */
export function isPlaced(feature: Feature<Geometry | null>): feature is LiveFeature {
  return typeof feature.geometry === 'object' && feature.geometry !== null;
}
