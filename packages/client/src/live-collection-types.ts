import type { GeoJsonProperties, Geometry } from 'geojson';
import type { Abortable } from './abort.js';
import type { CollectionChange } from './collection-change.js';
import type { IdOf } from './features.js';
import type { StateChange } from './subscription-events.js';

/** The content of a collection, and how long features stay. */
export interface LiveCollectionOptions<
  Properties extends GeoJsonProperties = GeoJsonProperties,
  Shape extends Geometry = Geometry,
> extends Abortable {
  /**
   * Whether to hold the current state: as a live view or, if the gateway has none, as a snapshot that is requested again
   * when necessary. False: only features that are published from now on. Default: true.
   */
  snapshot?: boolean;
  /** Id of a feature, see {@link SubscribeOptions.id}; its member `id` by default. Features without an id are ignored. */
  id?: IdOf<Properties, Shape> | string;
  /**
   * A feature without an update for this time, in milliseconds, is dropped. This has no effect in a live view. Without
   * one, the gateway does not say when a feature leaves the box, so this also removes those. Default: features stay.
   */
  ttlMs?: number;
}

/** Events of a {@link LiveCollection}, by name. */
export interface LiveCollectionEvents<
  Properties extends GeoJsonProperties = GeoJsonProperties,
  Shape extends Geometry = Geometry,
> {
  /** Features have changed: once for each batch of messages. */
  change: [change: CollectionChange<Properties, Shape>];
  /** The collection holds exactly the features in the view: after a snapshot, a change of the view, or a gap. */
  complete: [];
  /** The state of the subscription has changed. */
  state: [change: StateChange];
}
