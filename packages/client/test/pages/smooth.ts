import { connect, LiveCollection } from '@viaduct/client';
import { addLiveSource } from '@viaduct/client/maplibre';
import { followView, LiveVectorSource } from '@viaduct/client/openlayers';
import { smooth } from '@viaduct/client/smooth';
import { type GeoJSONSource, Map as MapLibreMap } from 'maplibre-gl';
import VectorLayer from 'ol/layer/Vector.js';
import OlMap from 'ol/Map.js';
import View from 'ol/View.js';

const ms = Number(new URLSearchParams(location.search).get('ms'));
const viaduct = connect(location.origin, { reconnectMinMs: 50, reconnectMaxMs: 500 });
const collection = new LiveCollection(viaduct, 'trains');

// Two maps of the same collection, in degrees.
const source = new LiveVectorSource(smooth(collection, { ms }));
const map = new OlMap({
  target: 'map',
  layers: [new VectorLayer({ source })],
  view: new View({ projection: 'EPSG:4326', center: [8, 47], zoom: 8 }),
});
followView(viaduct, map, { debounceMs: 50 });

const container = document.body.appendChild(document.createElement('div'));
container.style.cssText = 'width: 600px; height: 400px';
const other = new MapLibreMap({
  container,
  style: { version: 8, sources: {}, layers: [] },
  center: [8, 47],
  zoom: 6,
});
let isReady = false;
other.once('load', () => {
  addLiveSource(other, 'trains', smooth(collection, { ms }));
  other.addLayer({ id: 'trains', type: 'circle', source: 'trains' });
  isReady = true;
});

/** The longitudes of a train on both maps; null if it is not there. */
async function longitudes(id: number): Promise<(number | null)[]> {
  const extent = source.getFeatureById(id)?.getGeometry()?.getExtent();
  const data = await other.getSource<GeoJSONSource>('trains')?.getData();
  const found =
    data?.type === 'FeatureCollection' ? data.features.find((feature) => feature.id === id) : undefined;
  const second = found?.geometry?.type === 'Point' ? found.geometry.coordinates[0] : undefined;
  return [extent?.[0] ?? null, second ?? null];
}

/** What the test works with. */
const live = { viaduct, collection, longitudes, isReady: () => isReady };
export type LivePage = typeof live;
Object.assign(globalThis, { live });
