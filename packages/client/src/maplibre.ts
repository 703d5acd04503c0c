import type { Feature, FeatureCollection } from 'geojson';
import type { GeoJSONSource, GeoJSONSourceSpecification, Map as MapLibreMap } from 'maplibre-gl';
import type { Stop } from './emitter.js';
import type { FeatureId, LiveFeature } from './features.js';
import { followDegrees } from './follow-degrees.js';
import type { FollowOptions } from './follow-options.js';
import { perFrame } from './frame.js';
import type { LiveCollection } from './live-collection.js';
import type { Viaduct } from './viaduct.js';
import type { Box } from './view.js';

export type { FollowOptions } from './follow-options.js';

/** Further options of MapLibre's GeoJSON source; the features come from the collection. */
export type LiveSourceOptions = Omit<GeoJSONSourceSpecification, 'type' | 'data' | 'promoteId'>;

/** The property in which features have their ids: MapLibre itself keeps only ids that are whole numbers. */
const ID_PROPERTY = 'viaduct:id';

/**
 * Adds a GeoJSON source to a map that has loaded its style, with the current features of a collection. Features have the
 * collection's ids, be they text or numbers, in `queryRenderedFeatures` and for `setFeatureState`.
 *
 * @param sourceId name of the source, for the layers that draw it
 * @returns a function that ends the updates; the source stays
 * @throws Error of MapLibre if there is a source of that name, or no style yet
 *
 * @example
 * ```ts browser
 * import { connect, LiveCollection } from '@viaduct/client';
 * import { addLiveSource, followMap } from '@viaduct/client/maplibre';
 * import { Map as MapLibreMap } from 'maplibre-gl';
 *
 * const style = { version: 8 as const, sources: {}, layers: [] };
 * const map = new MapLibreMap({ container: 'map', style, center: [8, 47], zoom: 6 });
 * const viaduct = connect('http://localhost:8080');
 * followMap(viaduct, map);
 * const trains = new LiveCollection(viaduct, 'trains');
 * map.once('load', () => {
 *   addLiveSource(map, 'trains', trains);
 *   map.addLayer({ id: 'trains', type: 'circle', source: 'trains' });
 * });
 * trains.on('change', () => console.log(trains.size)); // prints: 1
 * ```
 */
export function addLiveSource(
  map: MapLibreMap,
  sourceId: string,
  collection: LiveCollection,
  options: LiveSourceOptions = {},
): Stop {
  const data: FeatureCollection = { type: 'FeatureCollection', features: identified(new Map(collection)) };
  map.addSource(sourceId, { ...options, type: 'geojson', data, promoteId: ID_PROPERTY });
  const source = map.getSource<GeoJSONSource>(sourceId);
  if (source === undefined) throw new Error(`the map has no source "${sourceId}" although it was just added`);
  const changed = new Set<FeatureId>();
  // MapLibre prepares the whole source again for each change, so those of a frame are one.
  const { request, cancel } = perFrame(() => {
    if (map.getSource(sourceId) === source) void source.updateData(diff(changed, collection));
    changed.clear();
  });
  const stop = collection.on('change', ({ added, updated, removed }) => {
    for (const ids of [added, updated, removed]) for (const id of ids.keys()) changed.add(id);
    request();
  });
  return () => {
    cancel();
    stop();
  };
}

/** What has changed, as MapLibre takes it. */
function diff(
  ids: ReadonlySet<FeatureId>,
  collection: LiveCollection,
): { add: Feature[]; remove: FeatureId[] } {
  const present = new Map<FeatureId, LiveFeature>();
  const remove: FeatureId[] = [];
  for (const id of ids) {
    const feature = collection.get(id);
    if (feature === undefined) remove.push(id);
    else present.set(id, feature);
  }
  return { add: identified(present), remove };
}

function identified(features: ReadonlyMap<FeatureId, LiveFeature>): Feature[] {
  return Array.from(features, ([id, feature]) => ({
    ...feature,
    id,
    properties: { ...feature.properties, [ID_PROPERTY]: id },
  }));
}

/**
 * Keeps the session's box equal to the view of a MapLibre map, in MapLibre's projection: degrees, EPSG:4326.
 *
 * @returns a function that ends it; box and projection stay
 *
 * @example see {@link addLiveSource}
 */
export function followMap(viaduct: Viaduct, map: MapLibreMap, options: FollowOptions = {}): Stop {
  const bounds = (): Box => {
    const seen = map.getBounds();
    return [seen.getWest(), seen.getSouth(), seen.getEast(), seen.getNorth()];
  };
  const { later, now, cancel } = followDegrees(viaduct, 'followMap', bounds, options);
  const move = map.on('move', later);
  const resize = map.on('resize', later);
  now();
  return () => {
    cancel();
    move.unsubscribe();
    resize.unsubscribe();
  };
}
