import proj4 from 'proj4';
import type { Area, SupportedEntry, TableOperation } from './crs-table.js';
import { wrapLongitude } from './longitude.js';

type Datum = Parameters<typeof proj4.transform>[1];

/** One way from EPSG:4326 to the datum of a CRS, and the area for which it is valid. */
interface Operation {
  /** Null: everywhere. */
  readonly area: Area | null;
  /** Null: positions do not change. */
  readonly towgs84: string | null;
  datum: Datum | null;
}

/** Moves a position from EPSG:4326 to another datum, in degrees; null if that is impossible. */
export type DatumShift = (lon: number, lat: number) => { x: number; y: number } | null;

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

/** The order in which PROJ chooses: the best accuracy first (an unknown one last), then the smaller area. */
function byPreference(a: TableOperation, b: TableOperation): number {
  const accuracy = (operation: TableOperation) =>
    operation[1] < 0 ? Number.POSITIVE_INFINITY : operation[1];
  const [first, second] = [accuracy(a), accuracy(b)];
  return first === second ? surface(a[2]) - surface(b[2]) : first - second;
}

/** The operations of an entry in the order in which they are tried; the last one holds everywhere. */
function operationsOf(entry: SupportedEntry): readonly Operation[] {
  const listed = entry.ops ?? [];
  const chosen = [...listed]
    .sort(byPreference)
    .map(([towgs84, , area]): Operation => ({ area, towgs84, datum: null }));
  // Outside every area, PROJ uses the first operation of its list.
  const [fallback = [entry.t ?? null]] = listed;
  return [...chosen, { area: null, towgs84: fallback[0], datum: null }];
}

/** The words of a proj4 string that define the ellipsoid. */
function ellipsoidOf(definition: string): string {
  return definition
    .split(' ')
    .filter((word) => /^\+(a|b|rf)=/.test(word))
    .join(' ');
}

/** The shift to the datum of a CRS. It chooses the operation for each position by its place, as PROJ does. */
export function datumShiftOf(entry: SupportedEntry): DatumShift {
  const operations = operationsOf(entry);
  const ellipsoid = ellipsoidOf(entry.p);
  return (lon, lat) => {
    const wrapped = wrapLongitude(lon);
    const operation = operations.find(({ area }) => area === null || holds(area, wrapped, lat));
    if (operation === undefined) return null;
    if (operation.towgs84 === null) return { x: wrapped, y: lat };
    operation.datum ??= proj4.Proj(`+proj=longlat ${ellipsoid} +towgs84=${operation.towgs84}`);
    // With a z, proj4js need not delete it from its answer, which would be slow.
    return proj4.transform(proj4.WGS84, operation.datum, { x: wrapped, y: lat, z: 0 }) ?? null;
  };
}
