import type { Deck } from '@deck.gl/core';
import type { GeoJsonProperties, Geometry } from 'geojson';
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

/** Rows of a layer's data that differ, from `startRow` up to, but without, `endRow`, or to the end. */
export interface RowRange {
  startRow: number;
  endRow?: number;
}

/** With more ranges than this, deck.gl is faster if it computes everything between the first and the last again. */
const MAX_RANGES = 50;

/** Properties of a deck.gl layer: give all of them to it. */
export interface LiveLayerData<
  Properties extends GeoJsonProperties = GeoJsonProperties,
  Shape extends Geometry = Geometry,
> {
  /** The features, in no particular order; another array after each change. */
  readonly data: LiveFeature<Properties, Shape>[];
  /** Tells deck.gl which rows to recompute. */
  readonly _dataDiff: (data: unknown, previous: unknown) => RowRange[];
}

/**
 * Calls `show` with the features of a collection as the data of a deck.gl layer: at once, and before each frame in
 * which they have changed. A feature keeps its row, so deck.gl recomputes only the rows that have changed.
 *
 * @returns a function that ends it
 *
 * @example
 * ```ts browser
 * import { Deck } from '@deck.gl/core';
 * import { GeoJsonLayer } from '@deck.gl/layers';
 * import { connect, LiveCollection } from '@viaduct/client';
 * import { followDeck, liveData } from '@viaduct/client/deck-gl';
 *
 * const viaduct = connect('http://localhost:8080');
 * const trains = new LiveCollection(viaduct, 'trains');
 * const deck = new Deck({
 *   parent: document.getElementById('map') as HTMLDivElement,
 *   initialViewState: { longitude: 8, latitude: 47, zoom: 6 },
 *   controller: true,
 *   onLoad: () => follower.moved(),
 *   onViewStateChange: () => follower.moved(),
 *   onResize: () => follower.moved(),
 * });
 * const follower = followDeck(viaduct, deck);
 * liveData(trains, (props) => {
 *   deck.setProps({ layers: [new GeoJsonLayer({ id: 'trains', pointRadiusMinPixels: 4, ...props })] });
 *   if (props.data.length > 0) console.log(props.data.length); // prints: 1
 * });
 * ```
 */
export function liveData<
  Properties extends GeoJsonProperties = GeoJsonProperties,
  Shape extends Geometry = Geometry,
>(
  collection: LiveFeatures<Properties, Shape>,
  show: (props: LiveLayerData<Properties, Shape>) => void,
): Stop {
  const rows = new Rows<Properties, Shape>(collection);
  show(rows.take());
  const { request, cancel } = perFrame(() => show(rows.take()));
  const stop = collection.on('change', (change) => {
    rows.apply(change);
    request();
  });
  return () => {
    cancel();
    stop();
  };
}

/** The features of a collection, each in a row that it keeps while no earlier one becomes free. */
class Rows<Properties extends GeoJsonProperties, Shape extends Geometry> {
  readonly #ids: FeatureId[] = [];
  readonly #features: LiveFeature<Properties, Shape>[] = [];
  readonly #rows = new Map<FeatureId, number>();
  /** Rows that have changed since the last {@link take}. */
  #changed = new Set<number>();
  #taken: readonly unknown[] = [];

  constructor(features: Iterable<[FeatureId, LiveFeature<Properties, Shape>]>) {
    for (const [id, feature] of features) this.#put(id, feature);
  }

  apply({ added, updated, removed }: CollectionChange<Properties, Shape>): void {
    for (const id of removed.keys()) this.#remove(id);
    for (const [id, feature] of updated) this.#put(id, feature);
    for (const [id, feature] of added) this.#put(id, feature);
  }

  /** The current data, and what has changed since the last call. */
  take(): LiveLayerData<Properties, Shape> {
    const data = [...this.#features];
    const before = this.#taken;
    const ranges = rangesOf(this.#changed, data.length);
    this.#taken = data;
    this.#changed = new Set();
    return {
      data,
      _dataDiff: (_next, previous) => (previous === before ? ranges : [{ startRow: 0 }]),
    };
  }

  #put(id: FeatureId, feature: LiveFeature<Properties, Shape>): void {
    const row = this.#rows.get(id) ?? this.#features.length;
    this.#rows.set(id, row);
    this.#ids[row] = id;
    this.#features[row] = feature;
    this.#changed.add(row);
  }

  /** The last feature takes the free row. */
  #remove(id: FeatureId): void {
    const row = this.#rows.get(id);
    const last = this.#ids.pop();
    const feature = this.#features.pop();
    this.#rows.delete(id);
    if (row === undefined || last === undefined || feature === undefined) return;
    this.#changed.add(this.#features.length);
    if (last !== id) {
      this.#ids[row] = last;
      this.#features[row] = feature;
      this.#rows.set(last, row);
      this.#changed.add(row);
    }
  }
}

/** @param length number of rows; those beyond it are gone */
function rangesOf(rows: ReadonlySet<number>, length: number): RowRange[] {
  const sorted = [...rows].sort((a, b) => a - b);
  const present = sorted.filter((row) => row < length);
  const ranges: Required<RowRange>[] = [];
  for (const row of present) {
    const last = ranges.at(-1);
    if (last?.endRow === row) last.endRow++;
    else ranges.push({ startRow: row, endRow: row + 1 });
  }
  const [first = length] = present;
  const end = present.length < sorted.length ? [{ startRow: length }] : [];
  if (ranges.length > MAX_RANGES) return [{ startRow: first }];
  return [...ranges, ...end];
}

/** Keeps the session's box equal to the view of a deck.gl map. */
export interface DeckFollower {
  /** Call this when deck.gl has loaded, and when its view or its size changes. */
  moved(): void;
  /** Ends it; box and projection stay. */
  stop(): void;
}

/**
 * Keeps the session's box equal to the first viewport of deck.gl, in degrees (EPSG:4326), which deck.gl projects by itself.
 * deck.gl reports changes only in its properties `onLoad`, `onViewStateChange` and `onResize`: call `moved()` there.
 *
 * @example see {@link liveData}
 */
export function followDeck(
  viaduct: Viaduct,
  deck: Pick<Deck, 'isInitialized' | 'getViewports'>,
  options: FollowOptions = {},
): DeckFollower {
  const bounds = (): Box | null => {
    const [viewport] = deck.isInitialized ? deck.getViewports() : [];
    return viewport?.getBounds() ?? null;
  };
  const { later, cancel } = followDegrees(viaduct, 'followDeck', bounds, options);
  return { moved: later, stop: cancel };
}
