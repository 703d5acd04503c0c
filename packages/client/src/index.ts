export type { Abortable } from './abort.js';
export type { CollectionChange } from './collection-change.js';
export { connect } from './connect.js';
export type { Stop } from './emitter.js';
export { BacklogError, ConnectionError, type ConnectionProblem, ViaductError } from './errors.js';
export type { FeatureId, IdOf, LiveFeature } from './features.js';
export { LiveCollection } from './live-collection.js';
export type { LiveCollectionEvents, LiveCollectionOptions } from './live-collection-types.js';
export type { LiveFeatures } from './live-features.js';
export type { ConnectOptions, TokenSource } from './options.js';
export type { Subscription } from './subscription.js';
export type {
  FeatureUpdate,
  OtherMessage,
  Removal,
  SnapshotBegin,
  SnapshotEnd,
  StateChange,
  SubscribeOptions,
  SubscriptionEvent,
  SubscriptionState,
  ViewComplete,
} from './subscription-events.js';
export type { Transport } from './transport.js';
export type { Viaduct } from './viaduct.js';
export type { BoxOptions, ConnectionState, ProjectionOptions, ViaductEvents } from './viaduct-types.js';
export type { Box, View } from './view.js';
