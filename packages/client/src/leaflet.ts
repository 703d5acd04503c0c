import type { Position } from 'geojson';
import type { GeoJSON, LatLng, Layer, LayerEvent, Map as LeafletMap } from 'leaflet';
import type { CollectionChange } from './collection-change.js';
import { callOut, type Stop } from './emitter.js';
import type { FeatureId, LiveFeature } from './features.js';
import type { FollowOptions } from './follow.js';
import { followDegrees } from './follow-degrees.js';
import type { LiveFeatures } from './live-features.js';
import type { Viaduct } from './viaduct.js';
import type { Box } from './view.js';

export type { FollowOptions } from './follow.js';

/**
 * Adds the features of a collection to a GeoJSON layer of Leaflet and keeps them up to date. A point that moves keeps its
 * marker, so popups stay open; other features are drawn again. The layer's own options, such as `pointToLayer` and `style`, say
 * how features look.
 *
 * @returns a function that ends the updates; what the layer shows stays
 *
 * @example
 * ```ts browser
 * import { connect, LiveCollection } from '@viaduct/client';
 * import { addLiveFeatures, followMap } from '@viaduct/client/leaflet';
 * import L from 'leaflet';
 *
 * const map = L.map('map').setView([47, 8], 7);
 * const viaduct = connect('http://localhost:8080');
 * followMap(viaduct, map);
 * const trains = new LiveCollection(viaduct, 'trains');
 * const layer = L.geoJSON(null, { pointToLayer: (_, place) => L.circleMarker(place) }).addTo(map);
 * addLiveFeatures(layer, trains);
 * trains.on('change', () => console.log(layer.getLayers().length)); // prints: 1
 * ```
 */
export function addLiveFeatures(layer: GeoJSON, collection: LiveFeatures): Stop {
  const shown = new LiveLayers(layer);
  shown.add(collection);
  return collection.on('change', (change) => shown.apply(change));
}

/** The parts of a GeoJSON layer, by the ids of their features. */
class LiveLayers {
  readonly #layer: GeoJSON;
  readonly #parts = new Map<FeatureId, Layer>();

  constructor(layer: GeoJSON) {
    this.#layer = layer;
  }

  apply({ added, updated, removed }: CollectionChange): void {
    for (const id of removed.keys()) this.#remove(id);
    // The functions of the layer's options may throw for a feature, which must not affect others.
    for (const [id, feature] of updated) callOut(() => this.#update(id, feature));
    this.add(added);
  }

  add(features: Iterable<[FeatureId, LiveFeature]>): void {
    for (const [id, feature] of features) callOut(() => this.#add(id, feature));
  }

  #add(id: FeatureId, feature: LiveFeature): void {
    // Leaflet does not return what it has made, and makes nothing if the layer's filter rejects the feature.
    const made = ({ layer }: LayerEvent): void => void this.#parts.set(id, layer);
    this.#layer.on('layeradd', made);
    try {
      this.#layer.addData(feature);
    } finally {
      this.#layer.off('layeradd', made);
    }
  }

  #update(id: FeatureId, feature: LiveFeature): void {
    const part = this.#parts.get(id);
    const { geometry } = feature;
    if (geometry.type !== 'Point' || !isPoint(part) || this.#layer.options.filter?.(feature) === false) {
      this.#remove(id);
      this.#add(id, feature);
      return;
    }
    part.feature = feature;
    part.setLatLng(this.#place(geometry.coordinates));
    if (this.#layer.options.style !== undefined) this.#layer.resetStyle(part);
  }

  #remove(id: FeatureId): void {
    const part = this.#parts.get(id);
    if (part !== undefined) this.#layer.removeLayer(part);
    this.#parts.delete(id);
  }

  #place(coordinates: Position): LatLng | [number, number, number?] {
    const { coordsToLatLng } = this.#layer.options;
    const [x = 0, y = 0, height] = coordinates;
    if (coordsToLatLng !== undefined) return coordsToLatLng([x, y]);
    return height === undefined ? [y, x] : [y, x, height];
  }
}

/** A marker of any kind. */
interface PointLayer extends Layer {
  feature?: LiveFeature;
  setLatLng(place: LatLng | [number, number, number?]): unknown;
}

function isPoint(layer: Layer | undefined): layer is PointLayer {
  return layer !== undefined && 'setLatLng' in layer;
}

/**
 * Keeps the session's box equal to the view of a Leaflet map, in degrees (EPSG:4326), which Leaflet projects by itself.
 *
 * @returns a function that ends it, as `map.remove()` does; box and projection stay
 *
 * @example see {@link addLiveFeatures}
 */
export function followMap(viaduct: Viaduct, map: LeafletMap, options: FollowOptions = {}): Stop {
  const bounds = (): Box => {
    const seen = map.getBounds();
    return [seen.getWest(), seen.getSouth(), seen.getEast(), seen.getNorth()];
  };
  const { later, now, cancel } = followDegrees(viaduct, 'followMap', bounds, options);
  map.on('move resize', later);
  // A map has no bounds before it has a view.
  map.whenReady(now);
  const stop = (): void => {
    cancel();
    map.off('move resize', later);
    map.off('unload', stop);
  };
  map.on('unload', stop);
  return stop;
}
