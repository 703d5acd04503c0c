import type { Feature, FeatureCollection } from 'geojson';
import type {
  GeoJSONSource,
  GeoJSONSourceDiff,
  GeoJSONSourceSpecification,
  Map as MapLibreMap,
} from 'maplibre-gl';
import type { CollectionChange } from './collection-change.js';
import type { Stop } from './emitter.js';
import type { FeatureId, LiveFeature } from './features.js';
import type { FollowOptions } from './follow.js';
import { followDegrees } from './follow-degrees.js';
import { perFrame } from './frame.js';
import type { LiveFeatures } from './live-features.js';
import type { Viaduct } from './viaduct.js';
import type { Box } from './view.js';

export type { FollowOptions } from './follow.js';

/** Further options of MapLibre's GeoJSON source; the features come from the collection. */
export type LiveSourceOptions = Omit<GeoJSONSourceSpecification, 'type' | 'data' | 'promoteId'>;

/** The property in which features have their ids: MapLibre itself keeps only ids that are whole numbers. */
const ID_PROPERTY = 'viaduct:id';

/**
 * Adds a GeoJSON source to a map that has loaded its style, with the current features of a collection. Features have the
 * collection's ids, be they text or numbers, in `queryRenderedFeatures` and for `setFeatureState`.
 *
 * The source survives a change of style: if `setStyle` drops it, the next `style.load` adds it again, with the same ids. Layers
 * and feature states do not return, as is usual in MapLibre. A page that adds its layers in `style.load` may also call this
 * function there, each time.
 *
 * @param sourceId name of the source, for the layers that draw it
 * @returns a function that ends the updates, as `map.remove()` does; the source stays until it is removed or the style changes
 * @throws Error of MapLibre if there is another source of that name, or no style yet
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
 * map.on('style.load', () => {
 *   addLiveSource(map, 'trains', trains);
 *   map.addLayer({ id: 'trains', type: 'circle', source: 'trains' });
 * });
 * trains.on('change', () => console.log(trains.size)); // prints: 1
 * ```
 */
export function addLiveSource(
  map: MapLibreMap,
  sourceId: string,
  collection: LiveFeatures,
  options: LiveSourceOptions = {},
): Stop {
  const sources = SOURCES.get(map) ?? new Map<string, LiveSource>();
  SOURCES.set(map, sources);
  const earlier = sources.get(sourceId);
  // The adapter has already put the source back, and now the page adds it itself.
  if (earlier?.isPutBack && map.getSource(sourceId) !== undefined) map.removeSource(sourceId);
  // The style may have kept it, too.
  const isKept = earlier !== undefined && map.getSource(sourceId) !== undefined;
  const source = new LiveSource(map, sourceId, collection, options, isKept);
  earlier?.stop();
  sources.set(sourceId, source);
  return () => {
    source.stop();
    if (sources.get(sourceId) === source) sources.delete(sourceId);
  };
}

/** The live sources of each map, by name. */
const SOURCES = new WeakMap<MapLibreMap, Map<string, LiveSource>>();

class LiveSource {
  /** Whether a style has dropped the source since it was added, so that it had to be added again. */
  isPutBack = false;
  readonly #map: MapLibreMap;
  readonly #id: string;
  readonly #collection: LiveFeatures;
  readonly #options: LiveSourceOptions;
  readonly #changes: SourceChanges;
  readonly #frames = perFrame(() => void this.#update());
  readonly #stops: readonly Stop[];
  /** The source that MapLibre is updating; null if none. Each change prepares the whole source again, so only one runs at a time. */
  #updating: GeoJSONSource | null = null;
  #isStopped = false;

  /** @param isKept whether the map has the source of an earlier call */
  constructor(
    map: MapLibreMap,
    id: string,
    collection: LiveFeatures,
    options: LiveSourceOptions,
    isKept: boolean,
  ) {
    this.#map = map;
    this.#id = id;
    this.#collection = collection;
    this.#options = options;
    this.#changes = new SourceChanges(collection);
    if (isKept) this.#refresh();
    else this.#add();
    const styles = map.on('style.load', () => this.#styleLoaded());
    const removal = map.on('remove', () => this.stop());
    const stop = collection.on('change', (change) => this.#note(change));
    this.#stops = [stop, () => styles.unsubscribe(), () => removal.unsubscribe()];
  }

  stop(): void {
    this.#isStopped = true;
    for (const stop of this.#stops) stop();
    this.#frames.cancel();
    this.#changes.clear();
  }

  #add(): void {
    this.#map.addSource(this.#id, {
      ...this.#options,
      type: 'geojson',
      data: this.#data(),
      promoteId: ID_PROPERTY,
    });
  }

  #data(): FeatureCollection {
    return { type: 'FeatureCollection', features: identified(new Map(this.#collection)) };
  }

  /** The source in the current style; null if there is none, or if another one has that name. */
  get #present(): GeoJSONSource | null {
    const source = this.#map.getSource<GeoJSONSource>(this.#id);
    return source?.promoteId === ID_PROPERTY ? source : null;
  }

  #refresh(): void {
    this.#changes.clear();
    void this.#present?.setData(this.#data());
  }

  #styleLoaded(): void {
    // The listeners of an event are called even if an earlier one has removed them.
    if (this.#isStopped) return;
    if (this.#map.getSource(this.#id) === undefined) {
      this.#changes.clear();
      this.#add();
      this.isPutBack = true;
    } else {
      // A style that already has the source may have it with old features.
      this.#refresh();
    }
  }

  #note(change: CollectionChange): void {
    // If the source is missing, the next style gets all features.
    if (this.#present === null) return;
    this.#changes.note(change);
    this.#frames.request();
  }

  async #update(): Promise<void> {
    const source = this.#present;
    if (source === null || source === this.#updating || !this.#changes.any) return;
    this.#updating = source;
    const isDone = await hasUpdated(source, this.#changes.take());
    // After a change of the style, this source may be gone, or another object may have taken its name.
    if (this.#updating !== source || this.#isStopped) return;
    this.#updating = null;
    if (!isDone) this.#refresh();
    else if (this.#changes.any) this.#frames.request();
  }
}

/** Gives a source changes, and waits until MapLibre has applied them. MapLibre 5 does not say when that is. */
async function hasUpdated(source: GeoJSONSource, changes: GeoJSONSourceDiff): Promise<boolean> {
  try {
    await source.updateData(changes);
    return true;
  } catch {
    return false;
  }
}

/** Maximum number of updated features in one change of a source: with more, the page could not draw. The rest wait. */
const MAX_UPDATED = 1500;

/** What has changed since the source was last updated. */
class SourceChanges {
  readonly #collection: LiveFeatures;
  /** Features that have come or gone: the next change has all of them. */
  readonly #others = new Set<FeatureId>();
  /** Updated features, those that have waited longest first. */
  readonly #updated = new Set<FeatureId>();

  constructor(collection: LiveFeatures) {
    this.#collection = collection;
  }

  get any(): boolean {
    return this.#others.size + this.#updated.size > 0;
  }

  note({ added, updated, removed }: CollectionChange): void {
    for (const ids of [added, removed]) for (const id of ids.keys()) this.#others.add(id);
    for (const id of updated.keys()) this.#updated.add(id);
  }

  clear(): void {
    this.#others.clear();
    this.#updated.clear();
  }

  /** Takes as many changes as fit, in the form that MapLibre expects: the features in their current version. */
  take(): { add: Feature[]; remove: FeatureId[] } {
    const present = new Map<FeatureId, LiveFeature>();
    const remove: FeatureId[] = [];
    for (const id of this.#taken()) {
      const feature = this.#collection.get(id);
      if (feature === undefined) remove.push(id);
      else present.set(id, feature);
    }
    return { add: identified(present), remove };
  }

  #taken(): Set<FeatureId> {
    const taken = new Set(this.#others);
    this.#others.clear();
    let count = 0;
    for (const id of this.#updated) {
      if (count++ === MAX_UPDATED) break;
      taken.add(id);
      this.#updated.delete(id);
    }
    return taken;
  }
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
 * @returns a function that ends it, as `map.remove()` does; box and projection stay
 *
 * @example see {@link addLiveSource}
 */
export function followMap(viaduct: Viaduct, map: MapLibreMap, options: FollowOptions = {}): Stop {
  const bounds = (): Box => {
    const seen = map.getBounds();
    return [seen.getWest(), seen.getSouth(), seen.getEast(), seen.getNorth()];
  };
  const { later, now, cancel } = followDegrees(viaduct, 'followMap', bounds, options);
  const listeners = [map.on('move', later), map.on('resize', later), map.on('remove', () => stop())];
  const stop = (): void => {
    cancel();
    for (const listener of listeners) listener.unsubscribe();
  };
  now();
  return stop;
}
