import { BaseMap } from './base-map.js';
import { Console } from './console.js';
import { ZOOM_STEP } from './gestures.js';
import { MapCanvas } from './map.js';
import { MapSession } from './map-session.js';
import { byId, Panel } from './panel.js';
import { PROJECTIONS } from './projections.js';
import { Traffic } from './traffic.js';
import { View } from './view.js';
import { WireLog } from './wire-log.js';

/** Pixels between the edge of the map and the box that the gateway is told, so that one sees the box at work. */
const BOX_INSET = 22;

/** Wait before another attempt to load the base map, in milliseconds. */
const BASE_MAP_RETRY = 3000;

const ALPS = { west: 1.5, south: 43.2, east: 18, north: 51.2 };
const EUROPE = { west: -11, south: 36, east: 31, north: 62 };
const WORLD = { west: -180, south: -60, east: 180, north: 75 };

const gateway = location.origin.replace(/^http/, 'ws');
const view = new View();
const traffic = new Traffic();
const panel = new Panel();
const wireLog = new WireLog({
  sent: byId('wire-sent'),
  received: byId('wire-received'),
  hold: button('hold'),
});
const session = new MapSession(gateway, traffic, {
  state: (state, retryMs) => panel.setState(state, retryMs),
  served: () => panel.showSource(),
  refused: (message) => panel.notice(message),
  line: (direction, text) => wireLog.add(direction, text),
});

const map = new MapCanvas(byId('map'), view, traffic);
view.show(ALPS);
view.addEventListener('change', () => session.follow(view.projection, view.box(BOX_INSET)));
session.follow(view.projection, view.box(BOX_INSET));

byId('zoom-in').addEventListener('click', () => view.zoom(ZOOM_STEP));
byId('zoom-out').addEventListener('click', () => view.zoom(1 / ZOOM_STEP));
byId('show-alps').addEventListener('click', () => view.show(ALPS));
byId('show-europe').addEventListener('click', () => view.show(EUROPE));
byId('show-world').addEventListener('click', () => view.show(WORLD));
byId('projections').addEventListener('change', ({ target }) => {
  const projection = target instanceof HTMLInputElement ? PROJECTIONS[target.value] : undefined;
  if (projection) view.reproject(projection);
});
byId('retry').addEventListener('click', () => session.connect());

byId('gateway').textContent = gateway;
new Console(gateway, {
  form: /** @type {HTMLFormElement} */ (byId('console-form')),
  input: /** @type {HTMLInputElement} */ (byId('console-input')),
  output: byId('console-output'),
  examples: byId('console-examples'),
  clear: button('console-clear'),
});

setInterval(() => {
  if (document.body.dataset.connection === 'open') {
    traffic.tidy(view.box(BOX_INSET), session.longestSilence, performance.now());
  }
  panel.update(session, traffic.present);
}, 250);

session.connect();
showBaseMap();

/** Draws the base map as soon as it can be had; the traffic does not wait for it. */
async function showBaseMap() {
  try {
    map.setBaseMap(await BaseMap.load());
  } catch {
    setTimeout(showBaseMap, BASE_MAP_RETRY);
  }
}

/** @param {string} id */
function button(id) {
  return /** @type {HTMLButtonElement} */ (byId(id));
}
