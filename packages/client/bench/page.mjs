// The page that long-tasks.mjs opens: ?channel=trains-2000&map=openlayers|webgl|points|maplibre, and &smooth for points that move.
import { connect, LiveCollection } from '@viaduct/client';
import { addLiveSource, followMap } from '@viaduct/client/maplibre';
import { followView, LivePointLayer, LiveVectorSource } from '@viaduct/client/openlayers';
import { smooth } from '@viaduct/client/smooth';
import { Map as MapLibreMap } from 'maplibre-gl';
import VectorLayer from 'ol/layer/Vector.js';
import WebGLVectorLayer from 'ol/layer/WebGLVector.js';
import OlMap from 'ol/Map.js';
import { fromLonLat } from 'ol/proj.js';
import CircleStyle from 'ol/style/Circle.js';
import Fill from 'ol/style/Fill.js';
import Style from 'ol/style/Style.js';
import View from 'ol/View.js';

const options = new URLSearchParams(location.search);
const viaduct = connect('/');
const collection = new LiveCollection(viaduct, options.get('channel') ?? 'trains');
const features = options.has('smooth') ? smooth(collection) : collection;

/** What has happened since the last call. */
const nothing = () => ({ updates: 0, steps: 0, frames: 0, longTasks: /** @type {number[]} */ ([]) });
let counts = nothing();
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) counts.longTasks.push(duration);
}).observe({ type: 'longtask' });

function openLayers() {
  const image = new CircleStyle({ radius: 3, fill: new Fill({ color: '#c00' }) });
  const flat = { 'circle-radius': 3, 'circle-fill-color': '#c00' };
  /** @type {Record<string, () => import('ol/layer/Layer.js').default>} */
  const layers = {
    openlayers: () =>
      new VectorLayer({ source: new LiveVectorSource(features), style: new Style({ image }) }),
    webgl: () =>
      new WebGLVectorLayer({
        source: new LiveVectorSource(features),
        style: flat,
        disableHitDetection: true,
      }),
    points: () => new LivePointLayer(features, { style: { image } }),
  };
  const layer = layers[options.get('map') ?? '']?.();
  if (layer === undefined)
    throw new Error(`no map ${options.get('map')}; take ${Object.keys(layers)} or maplibre`);
  const view = new View({ center: fromLonLat([8, 47]), zoom: 8 });
  followView(viaduct, new OlMap({ target: 'map', layers: [layer], view }));
}

function mapLibre() {
  const style = /** @type {const} */ ({ version: 8, sources: {}, layers: [] });
  const map = new MapLibreMap({ container: 'map', style, center: [8, 47], zoom: 7 });
  followMap(viaduct, map);
  map.once('load', () => {
    addLiveSource(map, 'trains', features);
    map.addLayer({ id: 'trains', type: 'circle', source: 'trains', paint: { 'circle-radius': 3 } });
  });
}

if (options.get('map') === 'maplibre') mapLibre();
else openLayers();

collection.on('change', ({ updated }) => {
  counts.updates += updated.size;
});
features.on('change', ({ updated }) => {
  counts.steps += updated.size;
});
const frame = () => {
  counts.frames++;
  requestAnimationFrame(frame);
};
frame();

Object.assign(globalThis, {
  bench: {
    size: () => collection.size,
    take() {
      const taken = counts;
      counts = nothing();
      return taken;
    },
  },
});
