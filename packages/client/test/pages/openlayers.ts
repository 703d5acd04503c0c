import { connect, LiveCollection } from '@viaduct/client';
import { followView, LiveVectorSource } from '@viaduct/client/openlayers';
import VectorLayer from 'ol/layer/Vector.js';
import OlMap from 'ol/Map.js';
import Projection from 'ol/proj/Projection.js';
import { fromLonLat } from 'ol/proj.js';
import View from 'ol/View.js';

const viaduct = connect(location.origin, { reconnectMinMs: 50, reconnectMaxMs: 500 });
const collection = new LiveCollection(viaduct, 'trains');
const source = new LiveVectorSource(collection);
const map = new OlMap({
  target: 'map',
  layers: [new VectorLayer({ source })],
  view: new View({ center: fromLonLat([8, 47]), zoom: 8 }),
});
const refusals: unknown[] = [];
const stop = followView(viaduct, map, { debounceMs: 50, onError: (error) => refusals.push(error) });

/** What the test works with. */
const live = { viaduct, collection, source, map, stop, refusals, View, Projection, fromLonLat };
export type LivePage = typeof live;
Object.assign(globalThis, { live });
