import { Changes, type CollectionChange } from './collection-change.js';
import { Emitter, type Stop } from './emitter.js';
import { mayBeInBox } from './extent.js';
import type { FeatureId, IdOf, LiveFeature } from './features.js';
import type { Subscription } from './subscription.js';
import type { FeatureUpdate, StateChange, SubscriptionEvent } from './subscription-events.js';
import type { Viaduct } from './viaduct.js';
import { sameProjection, type View } from './view.js';
import { warn } from './warnings.js';

/** The content of a collection, and how long features stay. */
export interface LiveCollectionOptions {
  /**
   * Whether to hold the current state: as a live view or, if the gateway has none, as a snapshot that is requested again
   * when necessary. False: only features that are published from now on. Default: true.
   */
  snapshot?: boolean;
  /** Id of a feature, see {@link SubscribeOptions.id}; its member `id` by default. Features without an id are ignored. */
  id?: IdOf | string;
  /**
   * A feature without an update for this time, in milliseconds, is dropped. This has no effect in a live view. Without
   * one, the gateway does not say when a feature leaves the box, so this also removes those. Default: features stay.
   */
  ttlMs?: number;
}

/** Events of a {@link LiveCollection}, by name. */
export interface LiveCollectionEvents {
  /** Features have changed: once for each batch of messages. */
  change: [change: CollectionChange];
  /** The collection holds exactly the features in the view: after a snapshot, a change of the view, or a gap. */
  complete: [];
  /** The state of the subscription has changed. */
  state: [change: StateChange];
}

/**
 * The features of a channel that are in the view, by id. An update replaces a feature. A removal drops it, and so does a
 * snapshot that does not contain it, and another projection (in which the features arrive again). A feature that leaves
 * the view is dropped, too. After a change of the box, only those arrive that have entered it.
 *
 * If the gateway has no live views, and with `snapshot: false`, features outside a new box are dropped, and the time to
 * live drops those that move out of the box.
 *
 * @example
 * ```ts
 * import { connect, LiveCollection } from '@viaduct/client';
 *
 * const viaduct = connect('http://localhost:8080');
 * const trains = new LiveCollection(viaduct, 'trains');
 * trains.on('change', ({ added, updated, removed }) => {
 *   console.log(added.size, updated.size, removed.size); // prints: 1 0 0
 *   console.log(trains.get(17)?.properties?.speed); // prints: 80
 * });
 * ```
 */
export class LiveCollection implements Iterable<[FeatureId, LiveFeature]> {
  readonly subscription: Subscription;
  readonly #viaduct: Viaduct;
  readonly #features = new Map<FeatureId, LiveFeature>();
  /** When each feature was last updated, on the clock of `performance.now()`; the oldest first. */
  readonly #heard = new Map<FeatureId, number>();
  readonly #ttlMs: number;
  readonly #events = new Emitter<LiveCollectionEvents>();
  readonly #stopView: Stop;
  /** Features that the arriving snapshot has not contained yet; null if none is arriving. */
  #missing: Set<FeatureId> | null = null;
  #expiry: ReturnType<typeof setTimeout> | undefined;

  /** @throws RangeError if `ttlMs` is not a positive number of milliseconds */
  constructor(viaduct: Viaduct, channel: string, options: LiveCollectionOptions = {}) {
    const { snapshot = true, id, ttlMs = Number.POSITIVE_INFINITY } = options;
    if (!(ttlMs > 0)) throw new RangeError(`ttlMs is ${ttlMs}; it must be a positive number of milliseconds`);
    this.#viaduct = viaduct;
    this.#ttlMs = ttlMs;
    this.#stopView = viaduct.on('view', (view, previous) => this.#viewChanged(view, previous));
    this.subscription = viaduct.subscribe(channel, {
      live: snapshot,
      ...(id !== undefined && { id }),
      onBatch: (events) => this.#take(events),
      onState: (change) => this.#stateChanged(change),
      isWatched: () => this.#events.has('state'),
    });
  }

  /** Number of features. */
  get size(): number {
    return this.#features.size;
  }

  /** The subscription that feeds it. */
  get viaduct(): Viaduct {
    return this.#viaduct;
  }

  /**
   * The feature with that id; undefined if there is none.
   *
   * @example see {@link LiveCollection}
   */
  get(id: FeatureId): LiveFeature | undefined {
    return this.#features.get(id);
  }

  /**
   * Whether there is a feature with that id.
   *
   * @example
   * ```ts
   * import { connect, LiveCollection } from '@viaduct/client';
   *
   * const viaduct = connect('http://localhost:8080');
   * const trains = new LiveCollection(viaduct, 'trains');
   * await trains.subscription.ready;
   * console.log(trains.has(17), trains.has(18)); // prints: true false
   * viaduct.close();
   * ```
   */
  has(id: FeatureId): boolean {
    return this.#features.has(id);
  }

  /**
   * All features; iterate over the collection itself to have their ids as well.
   *
   * @example
   * ```ts
   * import { connect, LiveCollection } from '@viaduct/client';
   *
   * const viaduct = connect('http://localhost:8080');
   * const trains = new LiveCollection(viaduct, 'trains');
   * await trains.subscription.ready;
   * for (const train of trains.values()) console.log(train.properties?.speed); // prints: 80
   * viaduct.close();
   * ```
   */
  values(): MapIterator<LiveFeature> {
    return this.#features.values();
  }

  [Symbol.iterator](): MapIterator<[FeatureId, LiveFeature]> {
    return this.#features[Symbol.iterator]();
  }

  /**
   * Calls `listener` for each event of that name, until the returned function is called.
   *
   * @example see {@link LiveCollection}
   */
  on<Name extends keyof LiveCollectionEvents>(
    name: Name,
    listener: (...values: LiveCollectionEvents[Name]) => void,
  ): Stop {
    return this.#events.on(name, listener);
  }

  /**
   * Ends the subscription. The features stay, and there are no more events.
   *
   * @example
   * ```ts
   * import { connect, LiveCollection } from '@viaduct/client';
   *
   * const viaduct = connect('http://localhost:8080');
   * const trains = new LiveCollection(viaduct, 'trains');
   * await trains.subscription.ready;
   * await trains.close();
   * console.log(trains.subscription.state, trains.size); // prints: ended 1
   * viaduct.close();
   * ```
   */
  async close(): Promise<void> {
    this.#stopView();
    clearTimeout(this.#expiry);
    this.#events.clear();
    await this.subscription.unsubscribe();
  }

  #take(events: readonly SubscriptionEvent[]): void {
    const changes = new Changes(this.#features);
    const now = performance.now();
    for (const event of events) {
      if (event.type === 'feature') this.#put(event, now, changes);
      else if (event.type === 'removal') this.#drop(event.id, event.reason === 'leave', changes);
      else if (event.type === 'snapshot_begin') this.#missing = new Set(this.#features.keys());
      else if (event.type === 'snapshot_end') this.#dropMissing(changes);
    }
    this.#tell(changes);
    if (events.some(({ type }) => type === 'view')) this.#events.emit('complete');
    this.#expireLater(now);
  }

  #stateChanged(change: StateChange): void {
    if (this.subscription.hasLiveView) this.#heard.clear();
    // Without a live view, the time to live applies from now on.
    else if (this.#heard.size === 0) this.#hearAll(performance.now());
    this.#events.emit('state', change);
  }

  #hearAll(now: number): void {
    if (this.#ttlMs === Number.POSITIVE_INFINITY) return;
    for (const id of this.#features.keys()) this.#heard.set(id, now);
    this.#expireLater(now);
  }

  #put({ id, feature, fromSnapshot, isNew }: FeatureUpdate, now: number, changes: Changes): void {
    if (id === null) {
      const { channel } = this.subscription;
      warn(
        `a collection of "${channel}" ignores features without an id; publish them with an id, or give the option id the name of the property that has it`,
      );
      return;
    }
    const existed = this.subscription.hasLiveView ? !isNew : fromSnapshot;
    changes.note(id, existed);
    this.#features.set(id, feature);
    this.#missing?.delete(id);
    if (this.#ttlMs === Number.POSITIVE_INFINITY || this.subscription.hasLiveView) return;
    this.#heard.delete(id);
    this.#heard.set(id, now);
  }

  #drop(id: FeatureId, hasLeft: boolean, changes: Changes): void {
    changes.note(id, hasLeft);
    this.#features.delete(id);
    this.#heard.delete(id);
  }

  #dropMissing(changes: Changes): void {
    for (const id of this.#missing ?? []) this.#drop(id, false, changes);
    this.#missing = null;
  }

  #viewChanged(view: View, previous: View): void {
    const changes = new Changes(this.#features);
    const all = !sameProjection(view, previous);
    // The gateway relies on what it has sent, and says which features have left the view.
    if (!all && this.subscription.hasLiveView) return;
    for (const [id, feature] of this.#features)
      if (all || !mayBeInBox(feature, view)) this.#drop(id, true, changes);
    this.#tell(changes);
  }

  #expireLater(now: number): void {
    const [oldest] = this.#heard.values();
    if (oldest === undefined || this.#expiry !== undefined) return;
    const wait = Math.min(oldest + this.#ttlMs - now, LONGEST_TIMER_MS);
    this.#expiry = setTimeout(() => this.#expire(), Math.max(wait, SWEEP_MS));
  }

  #expire(): void {
    this.#expiry = undefined;
    if (this.subscription.hasLiveView) return;
    const changes = new Changes(this.#features);
    const now = performance.now();
    for (const [id, heard] of this.#heard) {
      if (heard + this.#ttlMs > now) break;
      this.#drop(id, false, changes);
    }
    this.#tell(changes);
    this.#expireLater(now);
  }

  #tell(changes: Changes): void {
    const change = changes.result();
    if (change !== null) this.#events.emit('change', change);
  }
}

/** Features whose time ends within this many milliseconds are dropped together. */
const SWEEP_MS = 50;

/** The longest delay of a timer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
