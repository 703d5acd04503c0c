import { connect, LiveCollection } from '@viaduct/client';
import { followView, LivePointLayer } from '@viaduct/client/openlayers';
import { smooth } from '@viaduct/client/smooth';
import type EventTarget from 'ol/events/Target.js';
import OlMap from 'ol/Map.js';
import { fromLonLat } from 'ol/proj.js';
import CircleStyle from 'ol/style/Circle.js';
import Fill from 'ol/style/Fill.js';
import Icon from 'ol/style/Icon.js';
import RegularShape from 'ol/style/RegularShape.js';
import View from 'ol/View.js';

const options = new URLSearchParams(location.search);
const viaduct = connect(location.origin, { reconnectMinMs: 50, reconnectMaxMs: 500 });
const collection = new LiveCollection(viaduct, options.get('channel') ?? 'trains');
const ms = options.get('ms');
const shown = ms === null ? collection : smooth(collection, { ms: Number(ms) });

const circles = new Map(
  ['#ff0000', '#0000ff80'].map((color) => [color, new CircleStyle({ radius: 6, fill: new Fill({ color }) })]),
);
circles.set('dot', new CircleStyle({ radius: 1, fill: new Fill({ color: '#000' }) }));
/** Points upwards from its place. */
const arrow = new RegularShape({
  points: 3,
  radius: 12,
  displacement: [0, 12],
  fill: new Fill({ color: '#00aa00' }),
});
/** How often the arrow was drawn as a sprite. */
let arrowsDrawn = 0;
const getArrow = arrow.getImage.bind(arrow);
arrow.getImage = (pixelRatio) => {
  arrowsDrawn++;
  return getArrow(pixelRatio);
};
/** By address. */
const icons = new Map<string, Icon>();
function iconOf(src: string): Icon {
  const icon = icons.get(src) ?? new Icon({ src });
  icons.set(src, icon);
  return icon;
}
const layer = new LivePointLayer(shown, {
  style: ({ properties }) => {
    if (properties?.hidden === true) return null;
    if (properties?.isBroken === true) throw new Error('this feature has no style');
    if (typeof properties?.icon === 'string') return { image: iconOf(properties.icon) };
    const heading: unknown = properties?.heading;
    if (typeof heading === 'number') return { image: arrow, rotation: (heading * Math.PI) / 180 };
    const image = circles.get(String(properties?.color ?? '#ff0000'));
    return image === undefined ? null : { image };
  },
});
const map = new OlMap({
  target: 'map',
  controls: [],
  layers: [layer],
  view: new View({ center: fromLonLat([8, 47]), zoom: 8 }),
});
followView(viaduct, map, { debounceMs: 50 });

/** Number of steps of features in each frame. */
const steps = new Map<unknown, number>();
shown.on('change', ({ updated }) => {
  const frame = document.timeline.currentTime;
  steps.set(frame, (steps.get(frame) ?? 0) + updated.size);
});

/** Where a place in degrees is on the map, in pixels. */
const pixelOf = (place: number[]): number[] => {
  map.renderSync();
  return map.getPixelFromCoordinate(fromLonLat(place)) ?? [];
};

/** Red, green, blue and alpha at a place in degrees, or beside it: `right` and `down` are pixels. */
function colorAt(place: number[], right = 0, down = 0): number[] {
  const [x = 0, y = 0] = pixelOf(place);
  const canvas = document.querySelector<HTMLCanvasElement>('canvas.ol-layer');
  const pixel = canvas?.getContext('2d')?.getImageData(Math.round(x) + right, Math.round(y) + down, 1, 1);
  return [...(pixel?.data ?? [])];
}

/** The feature whose symbol is at a place in degrees, or beside it: `right` is in pixels. */
function idAt(place: number[], right = 0, tolerance = 0) {
  const [x = 0, y = 0] = pixelOf(place);
  return layer.idAtPixel([x + right, y], tolerance);
}

/** Number of listeners to the loading of an icon after another frame; null if the icon was never needed. */
function listenersOf(src: string): number | null {
  // OpenLayers has no public access to it.
  const shared = icons.get(src) as unknown as { iconImage_: EventTarget } | undefined;
  map.renderSync();
  return shared === undefined ? null : (shared.iconImage_.getListeners('change')?.length ?? 0);
}

/** What the test works with. */
const live = {
  viaduct,
  collection,
  layer,
  map,
  steps,
  colorAt,
  idAt,
  listenersOf,
  arrowsDrawn: () => arrowsDrawn,
  fromLonLat,
  View,
};
export type LivePage = typeof live;
Object.assign(globalThis, { live });
