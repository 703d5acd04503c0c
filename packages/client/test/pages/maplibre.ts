import { connect, LiveCollection } from '@viaduct/client';
import { addLiveSource, followMap } from '@viaduct/client/maplibre';
import { Map as MapLibreMap, type StyleSpecification } from 'maplibre-gl';

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
/** What the page does by itself when a style has loaded, before the adapter does anything. */
const whenStyled: (() => void)[] = [];
map.on('style.load', () => {
  for (const run of whenStyled) run();
});
const add = (): void => void addLiveSource(map, 'trains', collection);
const show = (): void => {
  if (map.getLayer('trains') === undefined)
    map.addLayer({ id: 'trains', type: 'circle', source: 'trains', paint: { 'circle-radius': 3 } });
};
map.once('load', () => {
  add();
  show();
});

const OTHER: StyleSpecification = {
  version: 8,
  sources: {},
  layers: [{ id: 'ground', type: 'background', paint: { 'background-color': '#eee' } }],
};
let remembered = OTHER;

/** How the style of the map may change. */
const changeStyle = {
  'in parts': () => void map.setStyle(OTHER),
  'as a whole': () => void map.setStyle(OTHER, { diff: false }),
  'and a page that takes the source along': () =>
    void map.setStyle(OTHER, {
      diff: false,
      transformStyle: (previous = OTHER, next) => ({
        ...next,
        sources: previous.sources,
        layers: [...next.layers, ...previous.layers.filter(({ id }) => id === 'trains')],
      }),
    }),
  'back to an earlier one': () => void map.setStyle(remembered),
  'because the graphics card was reset': () => {
    const context = map.getCanvas().getContext('webgl2')?.getExtension('WEBGL_lose_context');
    map.once('webglcontextlost', () => setTimeout(() => context?.restoreContext()));
    context?.loseContext();
  },
};
const remember = (): void => {
  remembered = map.getStyle();
};

/** What the test works with. */
const live = { viaduct, collection, map, stop, refusals, add, show, whenStyled, changeStyle, remember };
export type LivePage = typeof live;
Object.assign(globalThis, { live });
