import { type LonLat, MAP_CRSS, type MapCrs } from '../crs.js';

/** Metres per pixel at zoom 0, where the world is 256 pixels wide. */
const METRES_AT_ZOOM_0 = 156_543.033_928_040_97;

/** A place and how closely it is seen. */
export interface Look {
  readonly place: LonLat;
  /** Per pixel. */
  readonly metres: number;
}

/** What a page's address says about its map; null for what it does not say. */
export interface Linked {
  readonly crs: MapCrs | null;
  readonly look: Look | null;
  /** The channel of the user's own data; null for none. */
  readonly channel: string | null;
}

/** Reads the end of an address: `#map=zoom/latitude/longitude&crs=2056&channel=buses`. The first part is as in addresses
 * of OpenStreetMap. */
export function readHash(hash: string): Linked {
  const parameters = new URLSearchParams(hash.replace(/^#/u, ''));
  const code = `EPSG:${parameters.get('crs') ?? ''}`;
  const numbers = (parameters.get('map') ?? '')
    .split('/')
    .map((text) => (text === '' ? Number.NaN : Number(text)));
  const [zoom = Number.NaN, latitude = Number.NaN, longitude = Number.NaN] = numbers;
  const isPlace = numbers.length === 3 && Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 && zoom >= 0;
  return {
    crs: MAP_CRSS.find((crs) => crs.code === code) ?? null,
    look: isPlace ? { place: [longitude, latitude], metres: METRES_AT_ZOOM_0 / 2 ** zoom } : null,
    channel: parameters.get('channel') || null,
  };
}

/**
 * The end of the address of a map.
 *
 * @param channel empty for none
 */
export function hashOf(
  { code }: MapCrs,
  { place: [longitude, latitude], metres }: Look,
  channel: string,
): string {
  const zoom = Math.log2(METRES_AT_ZOOM_0 / metres);
  const map = [zoom.toFixed(2), latitude.toFixed(4), longitude.toFixed(4)].map(Number).join('/');
  const own = channel === '' ? '' : `&${new URLSearchParams({ channel })}`;
  return `#map=${map}&crs=${code.slice('EPSG:'.length)}${own}`;
}
