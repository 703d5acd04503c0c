import type { LeaveEvent } from '@viaduct/protocol';
import type { GeoJsonProperties, Geometry } from 'geojson';
import type { Abortable } from './abort.js';
import type { ConnectionError, ViaductError } from './errors.js';
import type { FeatureId, IdOf, LiveFeature } from './features.js';

/** The current state of a feature, in the session's projection. */
export interface FeatureUpdate<
  Properties extends GeoJsonProperties = GeoJsonProperties,
  Shape extends Geometry = Geometry,
> {
  type: 'feature';
  feature: LiveFeature<Properties, Shape>;
  /** Null if it has none. */
  id: FeatureId | null;
  /** Whether it arrived in a snapshot or because the view has changed: it exists, but may not have changed just now. */
  fromSnapshot: boolean;
  /** Whether the gateway says that it did not exist before; only with a live view. */
  isNew: boolean;
  /** When the gateway received the message: milliseconds since the epoch, UTC. */
  timestamp: number;
}

/** A feature with an id and without a geometry: it is gone, or no longer in the live view. */
export interface Removal {
  type: 'removal';
  id: FeatureId;
  /**
   * - `remove`: it was removed
   * - `leave`: it still exists, but is no longer in the view; only with a live view
   * - `expire`: nothing has updated it for the time that the gateway's operators have set; only with a live view
   */
  reason: LeaveEvent;
  timestamp: number;
}

/** A message that is not a feature. */
export interface OtherMessage {
  type: 'message';
  content: unknown;
  fromSnapshot: boolean;
  timestamp: number;
}

/** A snapshot starts; features that do not arrive before its end are gone. */
export interface SnapshotBegin {
  type: 'snapshot_begin';
}

/** All features of the snapshot have arrived. */
export interface SnapshotEnd {
  type: 'snapshot_end';
}

/**
 * The features that have arrived and were not removed are exactly those in the wanted view: after a snapshot, a change of
 * the view, or a gap.
 */
export interface ViewComplete {
  type: 'view';
}

/** The events of a subscription, in the order in which they happened. */
export type SubscriptionEvent<
  Properties extends GeoJsonProperties = GeoJsonProperties,
  Shape extends Geometry = Geometry,
> = FeatureUpdate<Properties, Shape> | Removal | OtherMessage | SnapshotBegin | SnapshotEnd | ViewComplete;

/**
 * State of a subscription.
 *
 * - `pending`: requested, not yet confirmed
 * - `snapshot`: a snapshot is arriving
 * - `live`: messages arrive as they are published
 * - `offline`: there is no connection; the known state may be outdated
 * - `ended`: by `unsubscribe()` or an error
 */
export type SubscriptionState = 'pending' | 'snapshot' | 'live' | 'offline' | 'ended';

/** A new state of a subscription, and why. */
export interface StateChange {
  state: SubscriptionState;
  /**
   * True if messages may be missing and nothing replaces them: there is no snapshot, and the stream, if it is one,
   * does not go back far enough.
   */
  gap: boolean;
  /** True if a stream has delivered everything that was published meanwhile. */
  recovered: boolean;
  /**
   * With `offline` and `ended`: the error; null if the program asked for it. With `pending`: why it has not begun for the
   * `timeoutMs` of {@link ConnectOptions}.
   */
  error: ViaductError | ConnectionError | null;
}

/**
 * Options and callbacks of a subscription. All of them are optional: you can iterate over the subscription instead.
 */
export interface SubscribeOptions<
  Properties extends GeoJsonProperties = GeoJsonProperties,
  Shape extends Geometry = Geometry,
> extends Abortable {
  /**
   * Whether to start with the current state, the hash with the channel's name, and to request it again when
   * necessary.
   */
  snapshot?: boolean;
  /**
   * Whether to receive exactly the features in the view: those that enter it arrive, and those that leave it are
   * removed. If the gateway cannot do that, it is the same as `snapshot`. Other subscriptions to the channel with
   * `snapshot` then have the live view, too.
   */
  live?: boolean;
  /** For channels that are Redis Streams, id of the last known entry: the entries after it arrive first. */
  since?: string;
  /**
   * By default, a feature is identified by its member `id`. With the name of a property, it is that property if there is
   * no `id`, as for a gateway with the same `FEATURE_ID_PROPERTY`. A function returns any id; but in a live view, it must
   * return the gateway's property for features without an `id`.
   */
  id?: IdOf<Properties, Shape> | string;
  /** Called for each feature, also for those in collections. */
  onFeature?(feature: LiveFeature<Properties, Shape>, update: FeatureUpdate<Properties, Shape>): void;
  /** Called for each removed feature. */
  onRemove?(id: FeatureId, removal: Removal): void;
  /** Called for each message that contains no feature. */
  onMessage?(content: unknown, message: OtherMessage): void;
  /** Called once for each batch, after the calls for its parts. */
  onBatch?(events: readonly SubscriptionEvent<Properties, Shape>[]): void;
  /** Called whenever the state changes. */
  onState?(change: StateChange): void;
  /** @internal Whether somebody watches the state; by default, whether there is `onState`. */
  isWatched?(): boolean;
}
