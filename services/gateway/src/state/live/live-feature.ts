import type { FeatureId } from '@viaduct/geo-worker';
import type { OutMessage } from '../../delivery/messages.js';

/** One version of a feature in a live index. A change makes a new one in the same slot. */
export interface LiveFeature {
  /** Identifies the feature in its channel. */
  readonly key: string;
  /** Null for a value of the hash without an identity: only reads of the hash change it. */
  readonly id: FeatureId | null;
  /** False for anything in the hash that is not GeoJSON. */
  readonly isGeo: boolean;
  /** Whether it is a Feature; everything with an id is. */
  readonly isFeature: boolean;
  /** Whether it has a member `id`; false if its identity comes from its properties. */
  readonly hasIdMember: boolean;
  /** As it was published. */
  readonly text: string;
  readonly slot: number;
  /** Number of the change that made this version; later ones have higher numbers. */
  readonly change: number;
  /** When the gateway received it: milliseconds since the epoch. */
  readonly timestamp: number;
  /** When it was last read or updated by a message: ms on the clock of `performance.now()`. */
  readonly updatedAt: number;
  /** The field of the hash that it was read from; null if it only came as a message. */
  readonly field: string | null;
  /** True if it was not updated for too long: it is in no view. */
  expired: boolean;
  /** As it was recently sent to different views; null if it was not. */
  encoded: EncodedFeature | null;
}

/** A version of a feature as it was recently sent to the views with one key. */
export interface EncodedFeature {
  readonly viewKey: string;
  readonly message: OutMessage;
  /** Whether a session has needed it since the last sweep of `FeatureMessages`. */
  isUsed: boolean;
  /** The same version for other views. */
  next: EncodedFeature | null;
}
