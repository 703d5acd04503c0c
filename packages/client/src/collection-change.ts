import type { GeoJsonProperties, Geometry } from 'geojson';
import type { FeatureId, LiveFeature } from './features.js';

/**
 * Changes of a batch, by id. No id is in two of `added`, `updated` and `removed`, and together they are complete:
 * `entered` and `left` only say more about some of them.
 */
export interface CollectionChange<
  Properties extends GeoJsonProperties = GeoJsonProperties,
  Shape extends Geometry = Geometry,
> {
  /** Features that the collection did not have. */
  added: ReadonlyMap<FeatureId, LiveFeature<Properties, Shape>>;
  updated: ReadonlyMap<FeatureId, LiveFeature<Properties, Shape>>;
  /** Features that the collection no longer has, in their last state. */
  removed: ReadonlyMap<FeatureId, LiveFeature<Properties, Shape>>;
  /**
   * Those of `added` that existed before: they arrived in a snapshot, because the view has changed, or because they have
   * moved into it. All others are new. Without a live view, a feature that moves into the view counts as new.
   */
  entered: ReadonlySet<FeatureId>;
  /**
   * Those of `removed` that still exist: they have moved out of the view, or the view has changed. All others were
   * removed, have expired, or are missing from a snapshot.
   */
  left: ReadonlySet<FeatureId>;
}

/** Compares the features before and after a batch. */
export class Changes {
  readonly #features: ReadonlyMap<FeatureId, LiveFeature>;
  readonly #before = new Map<FeatureId, LiveFeature | undefined>();
  /** Whether the last change of a feature was one of the view, and not of the data. */
  readonly #isOfView = new Map<FeatureId, boolean>();

  constructor(features: ReadonlyMap<FeatureId, LiveFeature>) {
    this.#features = features;
  }

  /** Call this before a feature is changed. */
  note(id: FeatureId, isOfView: boolean): void {
    if (!this.#before.has(id)) this.#before.set(id, this.#features.get(id));
    this.#isOfView.set(id, isOfView);
  }

  /** What has changed since the start; null for nothing. */
  result(): CollectionChange | null {
    const added = new Map<FeatureId, LiveFeature>();
    const updated = new Map<FeatureId, LiveFeature>();
    const removed = new Map<FeatureId, LiveFeature>();
    for (const [id, before] of this.#before) {
      const after = this.#features.get(id);
      if (after === undefined) {
        if (before !== undefined) removed.set(id, before);
      } else if (before === undefined) added.set(id, after);
      else if (before !== after) updated.set(id, after);
    }
    if (added.size + updated.size + removed.size === 0) return null;
    return { added, updated, removed, entered: this.#ofView(added), left: this.#ofView(removed) };
  }

  #ofView(features: ReadonlyMap<FeatureId, LiveFeature>): Set<FeatureId> {
    return new Set([...features.keys()].filter((id) => this.#isOfView.get(id)));
  }
}
