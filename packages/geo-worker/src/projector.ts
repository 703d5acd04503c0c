import proj4 from 'proj4';
import type { Area, SupportedEntry, TableOperation } from './crs-table.js';
import { isLongitude, wrapLongitude } from './longitude.js';
import { mercatorX, mercatorY } from './mercator.js';

/**
 * Computes one position: writes x and y to `out[at]` and `out[at + 1]` and returns true, or writes NaN to both
 * and returns false where the position has no image in the CRS. Input is in EPSG:4326, degrees.
 */
export type Projector = (lon: number, lat: number, out: Float64Array, at: number) => boolean;

type ProjDefinition = Parameters<typeof proj4.transform>[1];

/** One way from EPSG:4326 to a CRS, and where it is the right one. */
interface Operation {
  readonly area: Area | null;
  readonly definition: string;
  destination: ProjDefinition | null;
}

/** The definition of spherical Mercator on the WGS 84 radius without a datum shift: EPSG:3857 and its aliases. */
const WEB_MERCATOR = /^\+proj=merc \+a=6378137 \+b=6378137 .*\+nadgrids=@null/;

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

/** Where published coordinates end. Far beyond degrees: what is not in degrees can still be relayed and filtered. */
const MAX_PUBLISHED = 1e9;

/** Leaves positions as they are: the data's own CRS. */
export const identity: Projector = (lon, lat, out, at) =>
  Math.abs(lon) <= MAX_PUBLISHED ? put(lon, lat, out, at) : fail(out, at);

export const webMercator: Projector = (lon, lat, out, at) =>
  isLongitude(lon) ? put(mercatorX(lon), mercatorY(lat), out, at) : fail(out, at);

function holds([west, south, east, north]: Area, lon: number, lat: number): boolean {
  if (lat < south || lat > north) return false;
  return west <= east ? lon >= west && lon <= east : lon >= west || lon <= east;
}

/** Proportional to the surface of an area on the sphere. */
function surface(area: Area | null): number {
  if (area === null) return Number.POSITIVE_INFINITY;
  const [west, south, east, north] = area;
  const width = west <= east ? east - west : east - west + 360;
  return width * (Math.sin((north * Math.PI) / 180) - Math.sin((south * Math.PI) / 180));
}

/** PROJ's order of choice: the best accuracy first (an unknown one last), then the smaller area. */
function byPreference(a: TableOperation, b: TableOperation): number {
  const accuracy = (operation: TableOperation) =>
    operation[1] < 0 ? Number.POSITIVE_INFINITY : operation[1];
  const [first, second] = [accuracy(a), accuracy(b)];
  return first === second ? surface(a[2]) - surface(b[2]) : first - second;
}

function toOperation(entry: SupportedEntry, towgs84: string | null, area: Area | null): Operation {
  const definition = towgs84 === null ? entry.p : `${entry.p} +towgs84=${towgs84}`;
  return { area, definition, destination: null };
}

/** The operations of an entry in the order in which they are tried; the last one holds everywhere. */
function operationsOf(entry: SupportedEntry): readonly Operation[] {
  const listed = entry.ops ?? [];
  const chosen = [...listed].sort(byPreference).map(([towgs84, , area]) => toOperation(entry, towgs84, area));
  // Outside of every area PROJ takes the first operation that it lists.
  const [fallback = [entry.t ?? null]] = listed;
  return [...chosen, toOperation(entry, fallback[0], null)];
}

function choose(operations: readonly Operation[], lon: number, lat: number): Operation | undefined {
  const wrapped = wrapLongitude(lon);
  return operations.find(({ area }) => area === null || holds(area, wrapped, lat));
}

/** Computes with proj4js; the operation is chosen for each position by its place, as PROJ does. */
function byProj4(entry: SupportedEntry): Projector {
  const operations = operationsOf(entry);
  const unit = entry.u ?? 1;
  const place = PLACE[entry.xy];
  return (lon, lat, out, at) => {
    if (!(lat <= 90 && lat >= -90) || !isLongitude(lon)) return fail(out, at);
    try {
      const operation = choose(operations, lon, lat);
      if (operation === undefined) return fail(out, at);
      operation.destination ??= proj4.Proj(operation.definition);
      // With z given proj4js need not delete it from its answer, which would be slow.
      const point = proj4.transform(proj4.WGS84, operation.destination, { x: lon, y: lat, z: 0 });
      return point === undefined ? fail(out, at) : place(point.x / unit, point.y / unit, out, at);
    } catch {
      return fail(out, at);
    }
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
export function projectorOf(entry: SupportedEntry): Projector {
  return WEB_MERCATOR.test(entry.p) ? webMercator : byProj4(entry);
}
