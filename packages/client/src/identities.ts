import type { Feature, Geometry } from 'geojson';
import { callOut } from './emitter.js';
import { asId, type FeatureId, type IdOf } from './features.js';

type AnyFeature = Feature<Geometry | null>;

/**
 * The ids of a subscription's features. By default they are the gateway's ids: the member `id` or, if there is none, a
 * property. A function may return others. The gateway names a feature that has left the view by its own id alone, so the
 * ids that the function has returned are remembered by the gateway's.
 */
export class Identities {
  readonly #property: string | null;
  readonly #idOf: IdOf | null;
  /** Ids that the function has returned, by the gateway's ids. */
  #ids = new Map<FeatureId, FeatureId>();
  /** Those from before the snapshot that is arriving. */
  #older: ReadonlyMap<FeatureId, FeatureId> = new Map();

  constructor(id: IdOf | string | undefined) {
    this.#property = typeof id === 'string' ? id : null;
    this.#idOf = typeof id === 'function' ? id : null;
  }

  /** The id of a feature; null if it has none. */
  of(feature: AnyFeature): FeatureId | null {
    return this.#idOf === null ? this.#gatewayId(feature) : this.#call(this.#idOf, feature);
  }

  /** The id of a feature in a live view. */
  entered(feature: AnyFeature): FeatureId | null {
    const id = this.of(feature);
    if (this.#idOf !== null && id !== null) this.#ids.set(this.#gatewayId(feature) ?? id, id);
    return id;
  }

  /** The id of a feature that is no longer in the live view; null if it is not known. */
  left(gatewayId: unknown): FeatureId | null {
    const id = asId(gatewayId);
    if (this.#idOf === null || id === null) return id;
    const own = this.#ids.get(id) ?? this.#older.get(id) ?? null;
    this.#ids.delete(id);
    return own;
  }

  /** A snapshot begins: ids of features that are not in it are forgotten when it ends. */
  beginSnapshot(): void {
    this.#older = new Map([...this.#older, ...this.#ids]);
    this.#ids = new Map();
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
