import type { GeoJSON } from 'leaflet';
import Feature from 'ol/Feature.js';
import { expect, test } from 'vitest';
import { LiveCollection } from '../src/index.js';
import { addLiveFeatures } from '../src/leaflet.js';
import { LiveVectorSource } from '../src/openlayers.js';
import { fakeClock } from './support/fake-clock.js';
import { type FakeWire, openClient } from './support/fake-wire.js';
import { train } from './support/stack.js';
import { uncaughtIn } from './support/uncaught.js';

fakeClock();

/** A collection that holds what its channel `trains` receives. */
async function collect(): Promise<{ collection: LiveCollection; wire: FakeWire }> {
  const { viaduct, wire } = await openClient();
  const collection = new LiveCollection(viaduct, 'trains', { snapshot: false });
  await wire.confirmAll();
  return { collection, wire };
}

const removalOf = (id: number): object => ({ type: 'Feature', id, geometry: null, properties: null });

/** A GeoJSON layer of Leaflet whose options throw for features with the property `isBroken`, and what it shows. */
function leafletLayer(): { layer: GeoJSON; shown: () => unknown[] } {
  type Listener = (event: { layer: object }) => void;
  const listeners = new Set<Listener>();
  const parts = new Map<object, unknown>();
  const layer = {
    options: {},
    on: (_name: string, listener: Listener) => listeners.add(listener),
    off: (_name: string, listener: Listener) => listeners.delete(listener),
    addData: ({ id, properties }: { id: unknown; properties: { isBroken?: boolean } }) => {
      if (properties.isBroken) throw new Error(`no style for ${id}`);
      const part = {};
      parts.set(part, id);
      for (const listener of listeners) listener({ layer: part });
    },
    removeLayer: (part: object) => parts.delete(part),
  };
  return { layer: layer as unknown as GeoJSON, shown: () => [...parts.values()] };
}

test('a feature for which the options of a Leaflet layer throw does not affect others', async () => {
  const { collection, wire } = await collect();
  const { layer, shown } = leafletLayer();
  addLiveFeatures(layer, collection);
  const uncaught = await uncaughtIn(async () => {
    wire.receives('trains', train(1, 7, 47, { isBroken: true }), train(2, 7, 47));
  });
  expect([uncaught.map(String), shown()]).toEqual([['Error: no style for 1'], [2]]);
  wire.receives('trains', removalOf(1));
  expect(shown()).toEqual([2]);
  wire.receives('trains', removalOf(2));
  expect(shown()).toEqual([]);
});

test('an OpenLayers source that loses its last live feature reports that, and keeps the features of the page', async () => {
  const { collection, wire } = await collect();
  const source = new LiveVectorSource(collection);
  const own = new Feature();
  source.addFeature(own);
  const removed: unknown[] = [];
  source.on('removefeature', ({ feature }) => removed.push(feature?.getId()));
  wire.receives('trains', train(1, 7, 47));
  wire.receives('trains', removalOf(1));
  expect([source.getFeatures(), removed]).toEqual([[own], [1]]);
  source.dispose();
});
