import type { Map as MapLibreMap } from 'maplibre-gl';
import { expect, test } from 'vitest';
import { Emitter } from '../src/emitter.js';
import type { CollectionChange, FeatureId, LiveFeature, LiveFeatures } from '../src/index.js';
import { addLiveSource } from '../src/maplibre.js';
import { train } from './support/stack.js';

/** Features without a gateway. */
class Features {
  readonly #features = new Map<FeatureId, LiveFeature>();
  readonly #events = new Emitter<{ change: [CollectionChange] }>();

  get(id: FeatureId): LiveFeature | undefined {
    return this.#features.get(id);
  }

  [Symbol.iterator]() {
    return this.#features[Symbol.iterator]();
  }

  on(name: 'change', listener: (change: CollectionChange) => void) {
    return this.#events.on(name, listener);
  }

  get isWatched(): boolean {
    return this.#events.has('change');
  }

  add(id: FeatureId): void {
    const added = new Map([[id, train(id, 8, 47) as LiveFeature]]);
    for (const [key, feature] of added) this.#features.set(key, feature);
    const none = new Map<FeatureId, LiveFeature>();
    this.#events.emit('change', {
      added,
      updated: none,
      removed: none,
      entered: new Set(),
      left: new Set(),
    });
  }
}

/** What a source was given: ids of features, after a word for how. */
type Given = [how: string, ...ids: unknown[]];

/**
 * A map with a GeoJSON source that notes what it is given. It stands for versions of MapLibre that the tests with a page do
 * not load; their source says what updates return.
 *
 * @param answer what an update of the source returns
 */
function mapOf(answer: (source: object) => unknown): {
  map: MapLibreMap;
  given: Given[];
  remove: () => void;
} {
  const given: Given[] = [];
  const listeners = new Map<string, () => void>();
  let source: object | undefined;
  const ids = (features: { id?: unknown }[]): unknown[] => features.map(({ id }) => id);
  const map = {
    on: (name: string, listener: () => void) => {
      listeners.set(name, listener);
      return { unsubscribe: () => listeners.delete(name) };
    },
    getSource: () => source,
    addSource: (_id: string, { promoteId, data }: { promoteId: string; data: { features: object[] } }) => {
      given.push(['all', ...ids(data.features)]);
      source = {
        promoteId,
        setData: ({ features }: { features: object[] }) => void given.push(['all', ...ids(features)]),
        updateData: ({ add }: { add: object[] }) => {
          given.push(['more', ...ids(add)]);
          return answer(source ?? {});
        },
      };
    },
  };
  const remove = (): void => listeners.get('remove')?.();
  return { map: map as unknown as MapLibreMap, given, remove };
}

test('a map of MapLibre 5, whose updates return the source and no promise, gets every change', async () => {
  const { map, given } = mapOf((source) => source);
  const features = new Features();
  const stop = addLiveSource(map, 'trains', features as unknown as LiveFeatures);
  for (const id of [1, 2]) {
    features.add(id);
    await expect.poll(() => given.length).toBe(id + 1);
  }
  expect(given).toEqual([['all'], ['more', 1], ['more', 2]]);
  stop();
});

test('a source that was stopped while the map updated it changes nothing after that, even if the update fails', async () => {
  let fail = (_error: Error): void => {};
  const failed = new Promise((_, reject) => {
    fail = reject;
  });
  const { map, given } = mapOf(() => failed);
  const features = new Features();
  const stop = addLiveSource(map, 'trains', features as unknown as LiveFeatures);
  features.add(1);
  await expect.poll(() => given.length).toBe(2);
  stop();
  fail(new Error('the worker is gone'));
  await expect(failed).rejects.toThrow('the worker is gone');
  await new Promise(setImmediate);
  expect(given).toEqual([['all'], ['more', 1]]);
});

test('a map that was removed is not kept by the features, and gets no more of them', () => {
  const { map, given, remove } = mapOf((source) => source);
  const features = new Features();
  addLiveSource(map, 'trains', features as unknown as LiveFeatures);
  remove();
  expect(features.isWatched).toBe(false);
  expect(given).toEqual([['all']]);
});
