import Feature from 'ol/Feature.js';
import GeoJSON from 'ol/format/GeoJSON.js';
import SimpleGeometry from 'ol/geom/SimpleGeometry.js';
import VectorSource, { type Options as VectorSourceOptions } from 'ol/source/Vector.js';
import VectorEventType from 'ol/source/VectorEventType.js';
import type { CollectionChange } from './collection-change.js';
import type { Stop } from './emitter.js';
import type { FeatureId, LiveFeature } from './features.js';
import type { LiveFeatures } from './live-features.js';

export type { FollowOptions } from './follow.js';
export { LivePointLayer, type LivePointLayerOptions, type PointStyle } from './openlayers-points.js';
export { followView } from './openlayers-view.js';

/** Further options of an OpenLayers vector source; the features come from the collection. */
export type LiveVectorSourceOptions = Omit<
  VectorSourceOptions,
  'features' | 'url' | 'loader' | 'format' | 'strategy'
>;

const format = new GeoJSON();

/**
 * An OpenLayers vector source with the current features of a collection. Features that move keep their object: their
 * geometry is changed in place. Ids and properties are those of the GeoJSON features. `dispose()` ends the updates; OpenLayers
 * does not call it when a layer or a map is removed.
 *
 * @example
 * ```ts browser
 * import { connect, LiveCollection } from '@viaduct/client';
 * import { followView, LiveVectorSource } from '@viaduct/client/openlayers';
 * import VectorLayer from 'ol/layer/Vector.js';
 * import OlMap from 'ol/Map.js';
 * import View from 'ol/View.js';
 *
 * const map = new OlMap({ target: 'map', view: new View({ center: [900_000, 5_950_000], zoom: 8 }) });
 * const viaduct = connect('http://localhost:8080');
 * followView(viaduct, map);
 * const trains = new LiveCollection(viaduct, 'trains');
 * map.addLayer(new VectorLayer({ source: new LiveVectorSource(trains) }));
 * trains.on('change', () => console.log(trains.size)); // prints: 1
 * ```
 */
export class LiveVectorSource extends VectorSource {
  readonly #shown = new Map<FeatureId, Feature>();
  readonly #stop: Stop;

  constructor(collection: LiveFeatures, options: LiveVectorSourceOptions = {}) {
    super(options);
    this.#add(new Map(collection));
    this.#stop = collection.on('change', (change) => this.#apply(change));
  }

  protected override disposeInternal(): void {
    this.#stop();
    super.disposeInternal();
  }

  #apply({ added, updated, removed }: CollectionChange): void {
    if (removed.size > 0) this.#remove(removed.keys());
    for (const [id, live] of updated) {
      const feature = this.#shown.get(id);
      if (feature !== undefined) update(feature, live);
    }
    if (added.size > 0) this.#add(added);
  }

  #add(added: ReadonlyMap<FeatureId, LiveFeature>): void {
    const features = Array.from(added, ([id, live]) => {
      const feature = create(id, live);
      this.#shown.set(id, feature);
      return feature;
    });
    this.addFeatures(features);
  }

  #remove(ids: Iterable<FeatureId>): void {
    const features: Feature[] = [];
    for (const id of ids) {
      const feature = this.#shown.get(id);
      if (feature !== undefined) features.push(feature);
      this.#shown.delete(id);
    }
    // The fast way reports no feature, and also drops those that the page has added.
    const isAll = this.getFeatures().length === features.length;
    if (isAll && !this.hasListener(VectorEventType.REMOVEFEATURE)) this.clear(true);
    else this.removeFeatures(features);
  }
}

function create(id: FeatureId, { geometry, properties }: LiveFeature): Feature {
  const feature = new Feature();
  feature.setProperties(withoutGeometry(feature, properties), true);
  feature.setGeometry(format.readGeometry(geometry) ?? undefined);
  feature.setId(id);
  return feature;
}

/** Updates what differs in a feature. Its listeners are called once, for the change of the geometry. */
function update(feature: Feature, { geometry, properties }: LiveFeature): void {
  const next = withoutGeometry(feature, properties);
  for (const key of feature.getKeys()) {
    if (key !== feature.getGeometryName() && !(key in next)) feature.unset(key, true);
  }
  feature.setProperties(next, true);
  const present = feature.getGeometry();
  const isSame = present?.getType() === geometry.type;
  if (isSame && geometry.type !== 'GeometryCollection' && present instanceof SimpleGeometry) {
    present.setCoordinates(geometry.coordinates);
  } else {
    feature.setGeometry(format.readGeometry(geometry) ?? undefined);
  }
}

/** Properties for OpenLayers, in which the geometry is one of them. */
function withoutGeometry(feature: Feature, properties: LiveFeature['properties']): Record<string, unknown> {
  const name = feature.getGeometryName();
  // Publishers may write anything.
  if (typeof properties !== 'object' || properties === null) return {};
  if (!(name in properties)) return properties;
  return Object.fromEntries(Object.entries(properties).filter(([key]) => key !== name));
}
