import type { ConnectionError, ViaductError } from './errors.js';
import type { FeatureId, IdOf, LiveFeature } from './features.js';

/** A feature as it is now, in the session's projection. */
export interface FeatureUpdate {
  type: 'feature';
  feature: LiveFeature;
  /** Null where it has none. */
  id: FeatureId | null;
  /** Whether it is part of a snapshot: it is there, but need not have changed just now. */
  fromSnapshot: boolean;
  /** When the gateway took the message in hand: milliseconds since the epoch, UTC. */
  timestamp: number;
}

/** A feature with an id and without a geometry: it is gone, or has no place in the session's projection. */
export interface Removal {
  type: 'removal';
  id: FeatureId;
  timestamp: number;
}

/** Anything that is no feature. */
export interface OtherMessage {
  type: 'message';
  content: unknown;
  fromSnapshot: boolean;
  timestamp: number;
}

/** A snapshot begins; features that do not come before its end are gone. */
export interface SnapshotBegin {
  type: 'snapshot_begin';
}

/** All features of the snapshot have come. */
export interface SnapshotEnd {
  type: 'snapshot_end';
}

/** What a subscription delivers, in the order in which it happened. */
export type SubscriptionEvent = FeatureUpdate | Removal | OtherMessage | SnapshotBegin | SnapshotEnd;

/**
 * Where a subscription stands.
 *
 * - `pending`: asked for, not yet confirmed
 * - `snapshot`: a snapshot is arriving
 * - `live`: messages arrive as they are published
 * - `offline`: there is no connection; what is known may be outdated
 * - `ended`: over, by `unsubscribe()` or an error
 */
export type SubscriptionState = 'pending' | 'snapshot' | 'live' | 'offline' | 'ended';

/** A new state of a subscription, and why. */
export interface StateChange {
  state: SubscriptionState;
  /**
   * True where messages may have been missed and nothing makes good for them: no snapshot was asked for, and the stream, if
   * it is one, does not go back far enough.
   */
  gap: boolean;
  /** True where everything that was published meanwhile has been delivered from a stream. */
  recovered: boolean;
  /** With `offline` and `ended`: what went wrong; null where it was asked for. */
  error: ViaductError | ConnectionError | null;
}

/** What to subscribe to, and what to call. All of it is optional: iterate over the subscription instead. */
export interface SubscribeOptions {
  /** Whether to begin with the present state, the hash with the channel's name, and to get it anew whenever it is needed. */
  snapshot?: boolean;
  /** Id of the last entry that is known already, for channels that are Redis Streams: those after it come first. */
  since?: string;
  /** Where a feature's id is; its member `id` by default. */
  id?: IdOf;
  /** Called for each feature, those in collections too. */
  onFeature?(feature: LiveFeature, update: FeatureUpdate): void;
  /** Called for each feature that is gone. */
  onRemove?(id: FeatureId, removal: Removal): void;
  /** Called for each message that holds no feature. */
  onMessage?(content: unknown, message: OtherMessage): void;
  /** Called once for all that came together, after the calls for its parts. */
  onBatch?(events: readonly SubscriptionEvent[]): void;
  /** Called whenever the state changes. */
  onState?(change: StateChange): void;
}
