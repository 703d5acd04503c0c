import type { Feature, Geometry } from 'geojson';
import { callOut } from './emitter.js';
import { asId, type FeatureId, type IdOf } from './features.js';
import type { FeatureUpdate } from './subscription-events.js';

type AnyFeature = Feature<Geometry | null>;
type ByGatewayId = ReadonlyMap<FeatureId, FeatureUpdate>;

/**
 * The ids of a subscription's features, and the features that it holds of a live view.
 *
 * By default, ids are the gateway's: the member `id` or, if there is none, a property. A function may return others. The
 * gateway names a feature that has left the view by its own id alone, so features are found by the gateway's ids.
 */
export class HeldFeatures {
  /** Whether all of the live view's state is here: false once something without an id has arrived. */
  isWhole = true;
  readonly #property: string | null;
  readonly #idOf: IdOf | null;
  #features = new Map<FeatureId, FeatureUpdate>();
  /** Those from before the snapshot that is arriving. */
  #older: ByGatewayId = new Map();

  constructor(id: IdOf | string | undefined) {
    this.#property = typeof id === 'string' ? id : null;
    this.#idOf = typeof id === 'function' ? id : null;
  }

  /** The features in the live view. */
  get features(): Iterable<FeatureUpdate> {
    return this.#features.values();
  }

  /** The id of a feature; null if it has none. */
  idOf(feature: AnyFeature): FeatureId | null {
    return this.#idOf === null ? this.#gatewayId(feature) : this.#call(this.#idOf, feature);
  }

  /** A feature in the live view has arrived. */
  put(update: FeatureUpdate): void {
    const gatewayId = this.#gatewayId(update.feature) ?? update.id;
    if (gatewayId !== null) this.#features.set(gatewayId, update);
    else if (update.fromSnapshot) this.isWhole = false;
  }

  /** A feature without a geometry has arrived: it is gone. */
  remove(feature: AnyFeature, id: FeatureId): void {
    this.#features.delete(this.#gatewayId(feature) ?? id);
  }

  /** Drops a feature that is no longer in the live view. Returns its id; null if that is not known. */
  left(gatewayId: unknown): FeatureId | null {
    const id = asId(gatewayId);
    if (id === null) return null;
    const held = this.#features.get(id) ?? this.#older.get(id);
    this.#features.delete(id);
    return this.#idOf === null ? id : (held?.id ?? null);
  }

  /** A snapshot begins: features that are not in it are forgotten when it ends. */
  beginSnapshot(): void {
    this.#older = new Map([...this.#older, ...this.#features]);
    this.#features = new Map();
    this.isWhole = true;
  }

  endSnapshot(): void {
    this.#older = new Map();
  }

  #gatewayId({ id, properties }: AnyFeature): FeatureId | null {
    if (id !== undefined && id !== null) return asId(id);
    return this.#property === null ? null : asId(properties?.[this.#property]);
  }

  #call(idOf: IdOf, feature: AnyFeature): FeatureId | null {
    let id: unknown;
    callOut(() => {
      id = idOf(feature);
    });
    return asId(id);
  }
}
