import { type ConnectionError, type ConnectionState, connect, type Viaduct } from '@viaduct/client';
import { followView } from '@viaduct/client/openlayers';
import { cut, onTraffic } from '@viaduct/client/testing';
import type Feature from 'ol/Feature.js';
import Point from 'ol/geom/Point.js';
import { crsOf, registerCrss, unprojector } from './crs.js';
import { hashOf, readHash } from './map/address.js';
import { LiveMap } from './map/live-map.js';
import { type Palette, palette } from './map/palette.js';
import { Selection } from './map/selection.js';
import { OwnChannel } from './own-channel.js';
import { CommandList } from './panel/command-list.js';
import { Details, type Selected } from './panel/details.js';
import { byId, setText } from './panel/dom.js';
import { Figures } from './panel/figures.js';
import { OwnData } from './panel/own-data.js';
import { ProjectionSwitch } from './panel/projection-switch.js';
import { Sheet } from './panel/sheet.js';
import { StatusLine } from './panel/status.js';
import { drawLegend } from './panel/symbols.js';
import { ThemeButton } from './panel/theme-button.js';
import { SchemeSwitch } from './scheme.js';
import { CHANNELS, Traffic } from './traffic.js';

/** Waits before the page reconnects, in milliseconds: long enough to see what happens. */
const RECONNECT = { reconnectMinMs: 4000, reconnectMaxMs: 15_000 };

/** Parts of the map that the panel and the buttons cover, in CSS pixels: top, right, bottom, left. */
const COVERED = { narrow: [70, 60, 150, 10], wide: [16, 70, 16, 368] } as const;

/** How long a notice stays, in milliseconds. */
const NOTICE_MS = 20_000;

let noticeEnd: ReturnType<typeof setTimeout> | undefined;

registerCrss();
const schemes = new SchemeSwitch();
let colours: Palette = palette(schemes.scheme);
const calm = matchMedia('(prefers-reduced-motion: reduce)');
const sheet = new Sheet();
const figures = new Figures();
const commandList = new CommandList(Object.values(CHANNELS));
const linked = readHash(location.hash);
const live = new LiveMap(
  {
    target: byId('map', HTMLElement),
    colours,
    covered: () => [...COVERED[sheet.isNarrow ? 'narrow' : 'wide']],
    isCalm: () => calm.matches,
  },
  linked.crs ?? crsOf('EPSG:3857'),
  linked.look,
);
const selection = new Selection(live, colours, (feature) => details.show(about(feature), colours));
const details = new Details(() => selection.clear());
// A WebSocket may have any path; the development server forwards this one.
const viaduct = connect('/live', RECONNECT);
const status = new StatusLine({ cut: () => cut(viaduct), retry: () => viaduct.retryNow() });

const ownChannel = new OwnChannel(
  viaduct,
  (source) => live.showOwn(source),
  (state) => ownData.show(state),
);
const ownData = new OwnData((channel) => {
  ownChannel.choose(channel);
  showAddress();
});

drawLegend(colours);
new ThemeButton(schemes);
const projections = new ProjectionSwitch(live.crs, (crs) => live.setCrs(crs));
// The address always leads to what the map shows.
live.map.on('moveend', showAddress);
addEventListener('hashchange', () => follow(location.hash));
byId('zoom-in', HTMLButtonElement).addEventListener('click', () => live.zoom(1));
byId('zoom-out', HTMLButtonElement).addEventListener('click', () => live.zoom(-1));
byId('home', HTMLButtonElement).addEventListener('click', () => live.goHome());
schemes.onChange((scheme) => {
  colours = palette(scheme);
  live.setPalette(colours);
  selection.setPalette(colours);
  drawLegend(colours);
});
live.load().catch((error: unknown) => notice(String(error)));
begin(viaduct);
if (linked.channel !== null) ownData.choose(linked.channel);

function showAddress(): void {
  history.replaceState(null, '', hashOf(live.crs, live.look, ownData.channel));
}

/** Shows the place and channel of an address that the user has entered on the open page. */
function follow(hash: string): void {
  const { crs, look, channel } = readHash(hash);
  if (channel !== null && channel !== ownData.channel) ownData.choose(channel);
  if (look === null) return;
  live.go(crs ?? live.crs, look);
  projections.show(live.crs);
}

/** Shows the data of a session, from the first one on; later sessions continue with it. */
function begin(client: Viaduct): void {
  client.on('notice', notice);
  onTraffic(client, (bytes) => figures.received(bytes));
  client.on('view', (view) => commandList.show(view));
  client.on('state', showState);
  followView(client, live.map, { margin: 0, onError: (error) => notice(String(error)) });
  const stop = client.on('state', (state) => {
    if (state !== 'open') return;
    stop();
    start();
  });
}

function start(): void {
  const traffic = new Traffic(viaduct, {
    updated: (count, delays) => figures.updated(count, delays),
    reported: (report) => figures.reported(report),
    panned: (pan) => figures.panned(pan),
    refused: (channel, reason) => notice(`The gateway refuses ${channel}: ${reason}`),
  });
  for (const kind of ['train', 'plane'] as const) {
    live.show(kind, traffic.sources[kind]);
    selection.watch(traffic.sources[kind]);
  }
  figures.countWith(() => traffic.size);
}

function showState(state: ConnectionState, error: ConnectionError | null): void {
  if (state !== 'open') figures.interrupted();
  if (state === 'closed' && error !== null) notice(error.message);
  const isWaiting = state === 'connecting' && viaduct.retryAt !== null;
  status.show(isWaiting ? 'lost' : state, viaduct.retryAt);
}

/** The text of a vehicle's card. */
function about(feature: Feature | null): Selected | null {
  const geometry = feature?.getGeometry();
  if (!feature || !(geometry instanceof Point)) return null;
  const coordinates = geometry.getCoordinates();
  return { feature, place: unprojector(live.crs)(coordinates), altitude: coordinates[2] ?? null };
}

/** Shows the user an important notice, for a while. */
function notice(text: string): void {
  const element = byId('notice', HTMLElement);
  element.hidden = false;
  setText(element, text);
  clearTimeout(noticeEnd);
  noticeEnd = setTimeout(() => {
    element.hidden = true;
  }, NOTICE_MS);
}
