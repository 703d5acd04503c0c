import type { GeoJsonProperties, Geometry } from 'geojson';
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { ConnectionError, ViaductError } from './errors.js';
import type { FeatureId, LiveFeature } from './features.js';
import { perFrame } from './frame.js';
import { LiveCollection } from './live-collection.js';
import type { LiveCollectionOptions } from './live-collection-types.js';
import type { SubscriptionState } from './subscription-events.js';
import type { Viaduct } from './viaduct.js';

/**
 * A collection for as long as the component is mounted, and another one if the client, the channel, or an option changes. It
 * does not render the component for changes of features: give it to a map, or to {@link useFeatures} and {@link useFeature}.
 *
 * @param options read when the collection is created, except `id` if it is a function: the newest one is called
 * @returns null until the component is mounted
 *
 * @example
 * ```tsx
 * import { connect } from '@viaduct/client';
 * import { useFeatures, useLiveCollection } from '@viaduct/client/react';
 * import { createRoot } from 'react-dom/client';
 *
 * const viaduct = connect('http://localhost:8080');
 *
 * function Trains() {
 *   const trains = useLiveCollection(viaduct, 'trains');
 *   const features = useFeatures(trains);
 *   console.log(features.size); // prints: 0
 *   return <ul>{Array.from(features.keys(), (id) => <li key={id}>{id}</li>)}</ul>;
 * }
 *
 * createRoot(document.getElementById('map') as HTMLElement).render(<Trains />);
 * ```
 */
export function useLiveCollection<
  Properties extends GeoJsonProperties = GeoJsonProperties,
  Shape extends Geometry = Geometry,
>(
  viaduct: Viaduct,
  channel: string,
  options: Omit<LiveCollectionOptions<Properties, Shape>, 'signal'> = {},
): LiveCollection<Properties, Shape> | null {
  const { snapshot, ttlMs, id } = options;
  const [collection, setCollection] = useState<LiveCollection<Properties, Shape> | null>(null);
  const idOf = useRef(id);
  idOf.current = id;
  // A function is often another one at each rendering, but means the same.
  const property = typeof id === 'function' ? idOf : id;
  useEffect(() => {
    const created = new LiveCollection<Properties, Shape>(viaduct, channel, {
      ...(snapshot !== undefined && { snapshot }),
      ...(ttlMs !== undefined && { ttlMs }),
      ...(typeof property === 'string' && { id: property }),
      ...(typeof property === 'object' && {
        id: (feature) => (typeof idOf.current === 'function' ? idOf.current(feature) : undefined),
      }),
    });
    setCollection(created);
    return () => {
      setCollection(null);
      // Strict mode mounts twice in one turn: the second collection then shares the subscription of the first.
      queueMicrotask(() => created[Symbol.dispose]());
    };
  }, [viaduct, channel, snapshot, ttlMs, property]);
  return collection;
}

/** What may change between two renderings: `read` returns the same value until it has. */
interface Store<T> {
  readonly listen: Listen;
  readonly read: () => T;
}

/** Calls `changed` after each change, until the returned function is called. */
type Listen = (changed: () => void) => () => void;

/**
 * The features of a collection, by id. The component is rendered when they have changed, at most once for each frame.
 *
 * @param collection null for none, as {@link useLiveCollection} returns at first
 * @returns another map after each change
 *
 * @example see {@link useLiveCollection}
 */
export function useFeatures<
  Properties extends GeoJsonProperties = GeoJsonProperties,
  Shape extends Geometry = Geometry,
>(
  collection: LiveCollection<Properties, Shape> | null,
): ReadonlyMap<FeatureId, LiveFeature<Properties, Shape>> {
  const { listen, read } = useMemo(() => featuresStore(collection), [collection]);
  return useSyncExternalStore(listen, read, read);
}

/**
 * One feature of a collection. The component is rendered only when this one has changed, at most once for each frame.
 *
 * @param collection null for none, as {@link useLiveCollection} returns at first
 * @returns undefined if there is no feature with that id
 *
 * @example
 * ```tsx
 * import { connect } from '@viaduct/client';
 * import { useFeature, useLiveCollection } from '@viaduct/client/react';
 * import { createRoot } from 'react-dom/client';
 *
 * const viaduct = connect('http://localhost:8080');
 *
 * function Speed() {
 *   const trains = useLiveCollection<{ speed: number }>(viaduct, 'trains');
 *   const train = useFeature(trains, 17);
 *   if (train !== undefined) console.log(train.properties.speed); // prints: 80
 *   return <p>{train?.properties.speed} km/h</p>;
 * }
 *
 * createRoot(document.getElementById('map') as HTMLElement).render(<Speed />);
 * ```
 */
export function useFeature<
  Properties extends GeoJsonProperties = GeoJsonProperties,
  Shape extends Geometry = Geometry,
>(
  collection: LiveCollection<Properties, Shape> | null,
  id: FeatureId,
): LiveFeature<Properties, Shape> | undefined {
  const listen = useMemo(() => changesOf(collection), [collection]);
  const read = (): LiveFeature<Properties, Shape> | undefined => collection?.get(id);
  return useSyncExternalStore(listen, read, read);
}

/** The state of a collection's subscription, and why it is not live. */
export interface CollectionState {
  readonly state: SubscriptionState;
  readonly error: ViaductError | ConnectionError | null;
}

const NOT_MOUNTED: CollectionState = { state: 'pending', error: null };

/**
 * The state of a collection: `live`, `offline`, or `ended` with the reason. The component is rendered when it has changed.
 *
 * @param collection null for none, as {@link useLiveCollection} returns at first
 *
 * @example
 * ```tsx
 * import { connect } from '@viaduct/client';
 * import { useCollectionState, useLiveCollection } from '@viaduct/client/react';
 * import { createRoot } from 'react-dom/client';
 *
 * const viaduct = connect('http://localhost:8080');
 *
 * function Notice() {
 *   const { state, error } = useCollectionState(useLiveCollection(viaduct, 'trains'));
 *   if (state === 'live') console.log(state, error); // prints: live null
 *   return <p>{error?.message ?? state}</p>;
 * }
 *
 * createRoot(document.getElementById('map') as HTMLElement).render(<Notice />);
 * ```
 */
export function useCollectionState(collection: LiveCollection | null): CollectionState {
  const { listen, read } = useMemo(() => stateStore(collection), [collection]);
  return useSyncExternalStore(listen, read, read);
}

/** Reports changes of a collection before the next frame, and each at once to `noted`. */
function changesOf(collection: LiveCollection | null, noted: () => void = () => {}): Listen {
  return (changed) => {
    const { request, cancel } = perFrame(changed);
    const stop = collection?.on('change', () => {
      noted();
      request();
    });
    return () => {
      cancel();
      stop?.();
    };
  };
}

function featuresStore<Properties extends GeoJsonProperties, Shape extends Geometry>(
  collection: LiveCollection<Properties, Shape> | null,
): Store<ReadonlyMap<FeatureId, LiveFeature<Properties, Shape>>> {
  let features = new Map(collection ?? []);
  let isOld = false;
  const noted = (): void => {
    isOld = true;
  };
  const listen = changesOf(collection, noted);
  return {
    listen: (changed) => {
      // It may have changed since the component was rendered.
      noted();
      return listen(changed);
    },
    // All hooks of a rendering see the same state, whichever of them causes it.
    read: () => {
      if (isOld) features = new Map(collection ?? []);
      isOld = false;
      return features;
    },
  };
}

function stateStore(collection: LiveCollection | null): Store<CollectionState> {
  const now = (): CollectionState => {
    if (collection === null) return NOT_MOUNTED;
    const { state, error } = collection.subscription;
    return { state, error };
  };
  let current = now();
  return {
    listen: (changed) => {
      const refresh = (): void => {
        current = now();
      };
      refresh();
      const stop = collection?.on('state', () => {
        refresh();
        changed();
      });
      return () => stop?.();
    },
    read: () => current,
  };
}
