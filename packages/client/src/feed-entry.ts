import { compareStreamIds, type Envelope, isLeaveEvent, type LeaveEvent } from '@viaduct/protocol';
import type { Feature, Geometry } from 'geojson';
import { featuresIn, isPlaced, withoutPlace } from './features.js';
import { HeldFeatures } from './held-features.js';
import type { Subscription } from './subscription.js';
import type { FeatureUpdate, SubscribeOptions, SubscriptionEvent } from './subscription-events.js';

type AnyFeature = Feature<Geometry | null>;

/** A subscription and its progress. */
export class FeedEntry {
  readonly subscription: Subscription;
  readonly options: SubscribeOptions;
  readonly held: HeldFeatures;
  /** Whether it wants the state of the channel besides what is published. */
  readonly wantsState: boolean;
  /** Whether messages may be missing: it was live before, or named the last entry that it knows. */
  expects: boolean;
  /** Id of the last stream entry that it received or knew. */
  lastId: string | null;
  /** Events that wait for the end of the current batch. */
  #batch: SubscriptionEvent[] = [];

  constructor(subscription: Subscription, options: SubscribeOptions) {
    const { since = null, snapshot = false, live = false, id } = options;
    this.subscription = subscription;
    this.options = options;
    this.wantsState = snapshot || live;
    this.expects = since !== null;
    this.lastId = since;
    this.held = new HeldFeatures(id);
  }

  /** The subscription is complete: messages arrive as they are published. */
  becomeLive(change: { gap: boolean; recovered: boolean }): void {
    this.expects = true;
    this.subscription.become('live', change);
  }

  /** Takes over what another subscription holds of the live view, as a snapshot that does not end yet. */
  takeOver({ held, lastId }: FeedEntry): void {
    this.lastId = lastId;
    this.#batch.push({ type: 'snapshot_begin' });
    for (const { feature, timestamp } of held.features)
      this.#takeFeature(feature, false, { isNew: false, fromSnapshot: true, timestamp });
  }

  /** @param isState whether its content exists, but may not have changed just now */
  take(message: Envelope, isState: boolean): void {
    const { id: entryId, content, timestamp, event, unlocated = false } = message;
    if (entryId !== undefined) {
      const isKnown = this.lastId !== null && compareStreamIds(entryId, this.lastId) <= 0;
      // A live view is what this gateway says, whatever another one has sent before.
      if (isKnown && !this.subscription.hasLiveView) return;
      this.lastId = entryId;
    }
    const features = featuresIn(content);
    if (features === null) {
      this.#batch.push({ type: 'message', content, fromSnapshot: isState, timestamp });
      if (isState) this.held.isWhole = false;
    } else if (isLeaveEvent(event))
      this.left(
        features.map(({ id }) => id),
        event,
        timestamp,
      );
    else {
      const update = { isNew: event === 'add', fromSnapshot: isState, timestamp };
      for (const feature of features) this.#takeFeature(feature, unlocated && !isPlaced(feature), update);
    }
  }

  /** @param ids of features that are no longer in the live view, as the gateway knows them */
  left(ids: readonly unknown[], reason: LeaveEvent, timestamp: number): void {
    // The view does not affect subscriptions that only want messages.
    if (!this.wantsState && reason !== 'remove') return;
    for (const gatewayId of ids) {
      const id = this.held.left(gatewayId);
      if (id !== null) this.#batch.push({ type: 'removal', id, reason, timestamp });
    }
  }

  beginSnapshot(): void {
    this.subscription.become('snapshot');
    this.held.beginSnapshot();
    this.#batch.push({ type: 'snapshot_begin' });
  }

  /** @param lastId the entry of the stream after which messages follow; undefined if there is none */
  endSnapshot(lastId?: string): void {
    if (lastId !== undefined) this.lastId = lastId;
    this.held.endSnapshot();
    this.#batch.push({ type: 'snapshot_end' });
  }

  /** The features are exactly those in the wanted view. */
  complete(): void {
    this.#batch.push({ type: 'view' });
  }

  /** Delivers everything since the last call as one batch. */
  flush(): void {
    if (this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    this.subscription.deliver(batch);
  }

  #takeFeature(
    feature: AnyFeature,
    isUnlocated: boolean,
    update: Pick<FeatureUpdate, 'fromSnapshot' | 'isNew' | 'timestamp'>,
  ): void {
    const id = this.held.idOf(feature);
    const placed = isUnlocated ? withoutPlace(feature) : feature;
    if (isPlaced(placed)) {
      const event: FeatureUpdate = { type: 'feature', feature: placed, id, ...update };
      this.#batch.push(event);
      if (this.subscription.hasLiveView) this.held.put(event);
    } else if (id !== null) {
      this.held.remove(feature, id);
      this.#batch.push({ type: 'removal', id, reason: 'remove', timestamp: update.timestamp });
    }
  }
}
