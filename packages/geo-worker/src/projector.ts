import type { SupportedEntry } from './crs-table.js';
import { datumShiftOf } from './datum.js';
import { isLongitude } from './longitude.js';
import { mercatorX, mercatorY } from './mercator.js';
import { projectionOf } from './projection.js';

/**
 * Computes one position: writes x and y to `out[at]` and `out[at + 1]` and returns true, or writes NaN to both
 * and returns false if the position has no image in the CRS. Input is in EPSG:4326, degrees.
 */
export type Projector = (lon: number, lat: number, out: Float64Array, at: number) => boolean;

/** The definition of spherical Mercator on the WGS 84 radius without a datum shift: EPSG:3857 and its aliases. */
const WEB_MERCATOR_DEFINITION = /^\+proj=merc \+a=6378137 \+b=6378137 .*\+nadgrids=@null/;

function fail(out: Float64Array, at: number): false {
  out[at] = Number.NaN;
  out[at + 1] = Number.NaN;
  return false;
}

function put(x: number, y: number, out: Float64Array, at: number): boolean {
  if (!Number.isFinite(x) || !Number.isFinite(y)) return fail(out, at);
  out[at] = x;
  out[at + 1] = y;
  return true;
}

/** The bound of published coordinates. It is far beyond degrees, so that other units can be relayed and filtered, too. */
const MAX_PUBLISHED = 1e9;

/** Returns positions unchanged: the data's own CRS. */
export const identity: Projector = (lon, lat, out, at) =>
  Math.abs(lon) <= MAX_PUBLISHED ? put(lon, lat, out, at) : fail(out, at);

const webMercator: Projector = (lon, lat, out, at) =>
  isLongitude(lon) ? put(mercatorX(lon), mercatorY(lat), out, at) : fail(out, at);

/** How to compute positions in a CRS, how x repeats there, and which point has no image: see Crs. */
export interface Placement {
  readonly project: Projector;
  readonly turn: number;
  readonly middle: number;
  readonly opposite: readonly [lon: number, lat: number] | null;
}

/** EPSG:3857 and its aliases. */
export const WEB_MERCATOR: Placement = {
  project: webMercator,
  turn: 2 * mercatorX(180),
  middle: 0,
  opposite: null,
};

/** Shifts to the CRS's datum, then projects. */
function byTable(entry: SupportedEntry): Placement {
  const shift = datumShiftOf(entry);
  const projection = projectionOf(entry.p);
  const unit = entry.u ?? 1;
  const place = PLACE[entry.xy];
  const project: Projector = (lon, lat, out, at) => {
    if (!(lat <= 90 && lat >= -90) || !isLongitude(lon)) return fail(out, at);
    try {
      const shifted = projection.hasImage(lon, lat) ? shift(lon, lat) : null;
      const point = shifted === null ? null : projection.project(shifted.x, shifted.y);
      return point === null ? fail(out, at) : place(point.x / unit, point.y / unit, out, at);
    } catch {
      return fail(out, at);
    }
  };
  // No CRS that wraps has other axes than east and north.
  const turn = entry.xy === 'en' ? projection.turn : 0;
  return {
    project,
    turn: unit === 1 ? turn : Math.round(turn / unit),
    middle: projection.middle,
    opposite: projection.opposite,
  };
}

/** Puts east and north into the order and direction of a CRS's always_xy output. */
const PLACE: Record<SupportedEntry['xy'], (e: number, n: number, out: Float64Array, at: number) => boolean> =
  {
    en: put,
    ne: (e, n, out, at) => put(n, e, out, at),
    ws: (e, n, out, at) => put(-e, -n, out, at),
    sw: (e, n, out, at) => put(-n, -e, out, at),
  };

/** The fastest exact way from EPSG:4326 to the CRS of a table entry. */
export function placementOf(entry: SupportedEntry): Placement {
  return WEB_MERCATOR_DEFINITION.test(entry.p) ? WEB_MERCATOR : byTable(entry);
}
