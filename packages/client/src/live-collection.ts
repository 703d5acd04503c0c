/// <reference lib="esnext.disposable" preserve="true" />
import type { GeoJsonProperties, Geometry } from 'geojson';
import { onAbort } from './abort.js';
import { Changes } from './collection-change.js';
import { Emitter, type Stop } from './emitter.js';
import { mayBeInBox } from './extent.js';
import { drawable, type FeatureId, type LiveFeature } from './features.js';
import type { LiveCollectionEvents, LiveCollectionOptions } from './live-collection-types.js';
import type { Subscription } from './subscription.js';
import type { FeatureUpdate, StateChange, SubscriptionEvent } from './subscription-events.js';
import { LONGEST_TIMER_MS } from './timers.js';
import type { Viaduct } from './viaduct.js';
import { sameProjection, type View } from './view.js';
import { hint, warn } from './warnings.js';

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
export class LiveCollection<
  Properties extends GeoJsonProperties = GeoJsonProperties,
  Shape extends Geometry = Geometry,
> implements Iterable<[FeatureId, LiveFeature<Properties, Shape>]>
{
  readonly subscription: Subscription<Properties, Shape>;
  readonly #viaduct: Viaduct;
  readonly #features = new Map<FeatureId, LiveFeature>();
  /** When each feature was last updated, on the clock of `performance.now()`; the oldest first. */
  readonly #updatedAt = new Map<FeatureId, number>();
  readonly #ttlMs: number;
  readonly #events = new Emitter<LiveCollectionEvents>();
  readonly #stopView: Stop;
  readonly #stopAbort: Stop | undefined;
  /** Features that the arriving snapshot has not contained yet; null if none is arriving. */
  #missing: Set<FeatureId> | null = null;
  #expiry: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  /** @throws RangeError if `ttlMs` is not a positive number of milliseconds */
  constructor(viaduct: Viaduct, channel: string, options: LiveCollectionOptions<Properties, Shape> = {}) {
    const { snapshot = true, id, ttlMs = Number.POSITIVE_INFINITY, signal } = options;
    if (!(ttlMs > 0)) throw new RangeError(`ttlMs is ${ttlMs}; it must be a positive number of milliseconds`);
    this.#viaduct = viaduct;
    this.#ttlMs = ttlMs;
    this.#stopView = viaduct.on('view', (view, previous) => this.#viewChanged(view, previous));
    this.subscription = viaduct.subscribe<Properties, Shape>(channel, {
      live: snapshot,
      ...(id !== undefined && { id }),
      onBatch: (events) => this.#take(events),
      onState: (change) => this.#stateChanged(change),
      isWatched: () => this.#events.has('state'),
    });
    this.#stopAbort = onAbort(signal, () => this[Symbol.dispose]());
  }

  /** Number of features. */
  get size(): number {
    return this.#features.size;
  }

  /** The client that it belongs to. */
  get viaduct(): Viaduct {
    return this.#viaduct;
  }

  /**
   * The feature with that id; undefined if there is none.
   *
   * @example see {@link LiveCollection}
   */
  get(id: FeatureId): LiveFeature<Properties, Shape> | undefined {
    return this.#features.get(id) as LiveFeature<Properties, Shape> | undefined;
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
  values(): MapIterator<LiveFeature<Properties, Shape>> {
    return this.#features.values() as MapIterator<unknown> as MapIterator<LiveFeature<Properties, Shape>>;
  }

  [Symbol.iterator](): MapIterator<[FeatureId, LiveFeature<Properties, Shape>]> {
    const entries: MapIterator<unknown> = this.#features[Symbol.iterator]();
    return entries as MapIterator<[FeatureId, LiveFeature<Properties, Shape>]>;
  }

  /**
   * Calls `listener` for each event of that name, until the returned function is called.
   *
   * @example see {@link LiveCollection}
   */
  on<Name extends keyof LiveCollectionEvents<Properties, Shape>>(
    name: Name,
    listener: (...values: LiveCollectionEvents<Properties, Shape>[Name]) => void,
  ): Stop {
    return this.#events.on(name, untyped<Name>(listener));
  }

  /**
   * Calls `listener` for the next event of that name only, unless the returned function is called before.
   *
   * @example
   * ```ts
   * import { connect, LiveCollection } from '@viaduct/client';
   *
   * const viaduct = connect('http://localhost:8080');
   * const trains = new LiveCollection(viaduct, 'trains');
   * trains.once('complete', () => console.log(trains.size)); // prints: 1
   * ```
   */
  once<Name extends keyof LiveCollectionEvents<Properties, Shape>>(
    name: Name,
    listener: (...values: LiveCollectionEvents<Properties, Shape>[Name]) => void,
  ): Stop {
    return this.#events.once(name, untyped<Name>(listener));
  }

  /**
   * Removes a listener that was added with `on` or `once`.
   *
   * @example see {@link Viaduct.off}
   */
  off<Name extends keyof LiveCollectionEvents<Properties, Shape>>(
    name: Name,
    listener: (...values: LiveCollectionEvents<Properties, Shape>[Name]) => void,
  ): void {
    this.#events.off(name, untyped<Name>(listener));
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
    this.#isClosed = true;
    this.#stopAbort?.();
    this.#stopView();
    clearTimeout(this.#expiry);
    this.#events.clear();
    await this.subscription.unsubscribe();
  }

  /** The same as `close()`, also at the end of a block that declares it with `using`. */
  [Symbol.dispose](): void {
    // If the gateway does not confirm the end, what it still sends is ignored.
    this.close().catch(() => {});
  }

  #take(events: readonly SubscriptionEvent[]): void {
    const changes = new Changes(this.#features);
    const now = performance.now();
    for (const event of events) {
      if (event.type === 'feature') this.#put(event, now, changes);
      else if (event.type === 'removal') this.#drop(event.id, event.reason === 'leave', changes);
      else if (event.type === 'message') hint(this.#ignores());
      else if (event.type === 'snapshot_begin') this.#missing = new Set(this.#features.keys());
      else if (event.type === 'snapshot_end') this.#dropMissing(changes);
    }
    this.#emit(changes);
    if (events.some(({ type }) => type === 'view')) this.#events.emit('complete');
    this.#expireLater(now);
  }

  #stateChanged(change: StateChange): void {
    if (this.subscription.hasLiveView) this.#updatedAt.clear();
    // Without a live view, the time to live applies from now on.
    else if (this.#updatedAt.size === 0) this.#startTimeToLive(performance.now());
    this.#events.emit('state', change);
  }

  #startTimeToLive(now: number): void {
    if (this.#ttlMs === Number.POSITIVE_INFINITY) return;
    for (const id of this.#features.keys()) this.#updatedAt.set(id, now);
    this.#expireLater(now);
  }

  #put({ id, feature: published, fromSnapshot, isNew }: FeatureUpdate, now: number, changes: Changes): void {
    if (id === null) {
      warn(this.#ignores());
      return;
    }
    const feature = drawable(published);
    if (!this.subscription.hasLiveView && !mayBeInBox(feature, this.#viaduct.view)) {
      // It is part of a FeatureCollection that is only partly in the box, or was sent before the box changed.
      this.#drop(id, true, changes);
      return;
    }
    const existed = this.subscription.hasLiveView ? !isNew : fromSnapshot;
    changes.note(id, existed);
    this.#features.set(id, feature);
    this.#missing?.delete(id);
    if (this.#ttlMs === Number.POSITIVE_INFINITY || this.subscription.hasLiveView) return;
    this.#updatedAt.delete(id);
    this.#updatedAt.set(id, now);
  }

  /** The warning for something that a collection cannot hold. */
  #ignores(): string {
    return `a collection of "${this.subscription.channel}" ignores what is not a Feature with an id; if a property has it, name that in the option id`;
  }

  #drop(id: FeatureId, hasLeft: boolean, changes: Changes): void {
    changes.note(id, hasLeft);
    this.#features.delete(id);
    this.#updatedAt.delete(id);
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
    this.#emit(changes);
  }

  #expireLater(now: number): void {
    const [oldest] = this.#updatedAt.values();
    if (this.#isClosed) return;
    if (oldest === undefined || this.#expiry !== undefined) return;
    const wait = Math.min(oldest + this.#ttlMs - now, LONGEST_TIMER_MS);
    this.#expiry = setTimeout(() => this.#expire(), Math.max(wait, SWEEP_MS));
  }

  #expire(): void {
    this.#expiry = undefined;
    if (this.subscription.hasLiveView) return;
    const changes = new Changes(this.#features);
    const now = performance.now();
    for (const [id, updatedAt] of this.#updatedAt) {
      if (updatedAt + this.#ttlMs > now) break;
      this.#drop(id, false, changes);
    }
    this.#emit(changes);
    this.#expireLater(now);
  }

  #emit(changes: Changes): void {
    const change = changes.result();
    if (change !== null) this.#events.emit('change', change);
  }
}

/** A listener with the program's types, as one with the general types: published features are not checked. */
function untyped<Name extends keyof LiveCollectionEvents>(
  listener: unknown,
): (...values: LiveCollectionEvents[Name]) => void {
  return listener as (...values: LiveCollectionEvents[Name]) => void;
}

/** Features whose time ends within this many milliseconds are dropped together. */
const SWEEP_MS = 50;
