import { connect, LiveCollection } from '@viaduct/client';
import { followView, LiveVectorSource } from '@viaduct/client/openlayers';
import GeoJSON from 'ol/format/GeoJSON.js';
import VectorLayer from 'ol/layer/Vector.js';
import { bbox } from 'ol/loadingstrategy.js';
import OlMap from 'ol/Map.js';
import Projection from 'ol/proj/Projection.js';
import { fromLonLat } from 'ol/proj.js';
import VectorSource from 'ol/source/Vector.js';
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

/** Shows a channel as docs/http-api.md does. */
function showItems(channel: string) {
  const crs = 'http://www.opengis.net/def/crs/EPSG/0/3857';
  const items = new VectorSource({
    format: new GeoJSON({ dataProjection: 'EPSG:3857' }),
    url: (extent) =>
      `${location.origin}/ogc/collections/${channel}/items?limit=10000&bbox=${extent}&bbox-crs=${crs}&crs=${crs}`,
    strategy: bbox,
  });
  map.addLayer(new VectorLayer({ source: items }));
  return items;
}

/** What the test works with. */
const live = { viaduct, collection, source, map, stop, refusals, showItems, View, Projection, fromLonLat };
export type LivePage = typeof live;
Object.assign(globalThis, { live });
