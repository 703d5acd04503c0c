import { connect, LiveCollection } from '@viaduct/client';
import { addLiveSource, followMap } from '@viaduct/client/maplibre';
import { Map as MapLibreMap } from 'maplibre-gl';

const map = new MapLibreMap({
  container: 'map',
  style: { version: 8, sources: {}, layers: [] },
  center: [8, 47],
  zoom: 6,
  fadeDuration: 0,
});
const viaduct = connect(location.origin, { reconnectMinMs: 50, reconnectMaxMs: 500 });
const refusals: unknown[] = [];
const stop = followMap(viaduct, map, { debounceMs: 50, onError: (error) => refusals.push(error) });
const collection = new LiveCollection(viaduct, 'trains', { id: ({ id }) => `train ${id}` });
map.once('load', () => {
  addLiveSource(map, 'trains', collection);
  map.addLayer({ id: 'trains', type: 'circle', source: 'trains', paint: { 'circle-radius': 3 } });
});

/** What the test works with. */
const live = { viaduct, collection, map, stop, refusals };
export type LivePage = typeof live;
Object.assign(globalThis, { live });
