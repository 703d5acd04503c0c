import type { Feature, Geometry } from 'geojson';
import type { CollectionChange, FeatureId, LiveCollection, LiveFeature } from '../../src/index.js';
import { type SmoothOptions, smooth } from '../../src/smooth.js';
import { train } from './stack.js';

/** The parts of a collection that smooth uses, without a gateway, and what a map of its smooth features shows. */
export class Scene {
  readonly features = new Map<FeatureId, LiveFeature>();
  readonly viaduct: { view: { box: number[] | null } } = { view: { box: [0, 0, 80, 60] } };
  /** Every change that the map received, the last one last. */
  readonly changes: CollectionChange[] = [];
  readonly stop: () => void;
  readonly smooth;
  #listener: ((change: CollectionChange) => void) | null = null;

  constructor(options: SmoothOptions = {}) {
    this.smooth = smooth(this as unknown as LiveCollection, options);
    this.stop = this.smooth.on('change', (change) => this.changes.push(change));
  }

  get(id: FeatureId): LiveFeature | undefined {
    return this.features.get(id);
  }

  [Symbol.iterator]() {
    return this.features[Symbol.iterator]();
  }

  on(_name: 'change', listener: (change: CollectionChange) => void) {
    this.#listener = listener;
    return () => {
      this.#listener = null;
    };
  }

  /** Whether smooth listens to the collection. */
  get isWatched(): boolean {
    return this.#listener !== null;
  }

  put(...features: Feature<Geometry>[]): void {
    const added = new Map<FeatureId, LiveFeature>();
    const updated = new Map<FeatureId, LiveFeature>();
    for (const feature of features) {
      const id = feature.id as FeatureId;
      (this.features.has(id) ? updated : added).set(id, feature);
      this.features.set(id, feature);
    }
    this.#listener?.({ added, updated, removed: new Map(), entered: new Set(), left: new Set() });
  }

  remove(id: FeatureId): void {
    const removed = new Map([[id, this.features.get(id) as LiveFeature]]);
    this.features.delete(id);
    const none = new Map<FeatureId, LiveFeature>();
    this.#listener?.({ added: none, updated: none, removed, entered: new Set(), left: new Set([id]) });
  }

  /** The place of a point in the last change that the map received. */
  at(id: FeatureId): number[] | undefined {
    return pointOf(
      this.changes.map(({ added, updated }) => updated.get(id) ?? added.get(id)).findLast(Boolean),
    );
  }

  heading(id: FeatureId): unknown {
    return this.smooth.get(id)?.properties?.heading;
  }
}

/** A point in motion from x = 0 to x = 4 within a second. */
export function moving(from = {}, to = {}): Scene {
  const scene = new Scene({ ms: 1000 });
  scene.put(train('a', 0, 10, from));
  scene.put(train('a', 4, 10, to));
  return scene;
}

/** The place of a point. */
export function pointOf(feature: LiveFeature | undefined): number[] | undefined {
  return feature?.geometry.type === 'Point' ? feature.geometry.coordinates : undefined;
}
