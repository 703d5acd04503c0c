import type { GeoJsonProperties, Geometry } from 'geojson';
import type { CollectionChange } from './collection-change.js';
import type { Stop } from './emitter.js';
import type { FeatureId, LiveFeature } from './features.js';

/** Features that a map shows: those of a {@link LiveCollection}, or what `smooth` makes of them. */
export interface LiveFeatures<
  Properties extends GeoJsonProperties = GeoJsonProperties,
  Shape extends Geometry = Geometry,
> extends Iterable<[FeatureId, LiveFeature<Properties, Shape>]> {
  /** The feature with that id; undefined if there is none. */
  get(id: FeatureId): LiveFeature<Properties, Shape> | undefined;
  /** Calls a listener after each change. @returns a function that ends it */
  on(name: 'change', listener: (change: CollectionChange<Properties, Shape>) => void): Stop;
}
