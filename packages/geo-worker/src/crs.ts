import { findEntry, type SupportedEntry } from './crs-table.js';
import { identity, type Projector, placementOf, WEB_MERCATOR } from './projector.js';

/** A coordinate reference system. There is one object for each CRS. */
export interface Crs {
  /** Canonical name in lower case, such as `epsg:2056`. */
  readonly id: string;
  /** Name in the EPSG Dataset, such as `CH1903+ / LV95`. */
  readonly name: string;
  /** Whether it is EPSG:4326, in which messages are published. */
  readonly isDataCrs: boolean;
  /** Whether its coordinates are angles: longitude and latitude, in degrees or another angular unit. */
  readonly geographic: boolean;
  /** A full turn of longitude in units of the CRS, such as 360, if x repeats after it; else 0. */
  readonly turn: number;
  /** x of the central meridian if x repeats; else 0. */
  readonly middle: number;
  /** Longitude and latitude of the one point that has no image, such as the pole to which a cone opens; null if none. */
  readonly opposite: readonly [lon: number, lat: number] | null;
  /** Whether its own axis order is the reverse of x, y (north before east). */
  readonly swapsAxes: boolean;
  /** A sentence for the client that says what is known about the accuracy if it is worse than 1 m; else null. */
  readonly warning: string | null;
  /** Default rounding step in units of the CRS: a power of ten, at most 1 mm on the ground (1e-8 degrees). */
  readonly precision: number;
  /**
   * Computes one position. Input: longitude and latitude in EPSG:4326, degrees. Output: x then y (easting then
   * northing; PROJ's `always_xy` order) to `out[at]` and `out[at + 1]`. Returns false, with NaN in both, if the position
   * has no image: it is not finite, beyond a pole, or outside the domain of the projection. Never throws.
   */
  readonly project: Projector;
}

/** A CRS name that cannot be served. The message says what is wrong with it and what to write instead. */
export class CrsError extends Error {
  override readonly name = 'CrsError';
  readonly code: 'unknown_crs' | 'unsupported_crs';

  constructor(code: CrsError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** EPSG:4326, longitude first: the CRS in which messages are published (RFC 7946, section 4). */
export const DATA_CRS: Crs = Object.freeze({
  id: 'epsg:4326',
  name: 'WGS 84',
  isDataCrs: true,
  geographic: true,
  turn: 360,
  middle: 0,
  opposite: null,
  swapsAxes: true,
  warning: null,
  precision: 1e-8,
  project: identity,
});

const PSEUDO_MERCATOR: Crs = Object.freeze({
  id: 'epsg:3857',
  name: 'WGS 84 / Pseudo-Mercator',
  isDataCrs: false,
  geographic: false,
  swapsAxes: false,
  warning: null,
  precision: 0.001,
  ...WEB_MERCATOR,
});

/** Every CRS resolved so far: the table bounds their number. */
const known = new Map<number, Promise<Crs>>([
  [4326, Promise.resolve(DATA_CRS)],
  [3857, Promise.resolve(PSEUDO_MERCATOR)],
]);

const NAME = /^epsg:0*([1-9]\d{0,8})$/;
/** The longest part of a client's name that an error message repeats. */
const NAME_SHOWN = 40;

function readCode(name: string): number {
  const match = NAME.exec(name.trim().toLowerCase());
  if (match === null) {
    const shown = name.length > NAME_SHOWN ? `${name.slice(0, NAME_SHOWN)}…` : name;
    throw new CrsError(
      'unknown_crs',
      `${JSON.stringify(shown)} does not name a CRS; write "epsg:" and an EPSG code, such as epsg:3857`,
    );
  }
  return Number(match[1]);
}

/** At most two significant digits, for a sentence: 3.6, 83, 370. */
function metres(value: number): string {
  return `${Number(value.toPrecision(2))} m`;
}

/**
 * The known accuracy of a CRS if it is worse than 1 m: the one that the EPSG Dataset states for its datum transformation
 * or, if that is more, the distance of coordinates from those of PROJ.
 */
function warningOf(id: string, { n, s, e, acc = 0 }: SupportedEntry): string | null {
  const error = Math.max(acc, s === 'C' ? e : 0);
  if (error > 1) return `${id} (${n}) is approximate: coordinates are accurate to about ${metres(error)}`;
  if (acc >= 0) return null;
  return `${id} (${n}) is approximate: it is not known how its datum differs from WGS 84`;
}

/** Metres in one unit of a projected CRS, from the words of its proj4 string. */
function unitOf(definition: string): number {
  const toMeter = /\+to_meter=(\S+)/.exec(definition);
  if (toMeter !== null) return Number(toMeter[1]);
  return /\+units=us-ft/.test(definition) ? 1200 / 3937 : 1;
}

/** The greatest power of ten up to a length: digits stay short in feet and grads, too. */
function powerOfTen(value: number): number {
  return Number(`1e${Math.floor(Math.log10(value) + 1e-9)}`);
}

function toCrs(code: number, entry: SupportedEntry): Crs {
  const id = `epsg:${code}`;
  const geographic = entry.p.startsWith('+proj=longlat');
  const step = geographic ? 1e-8 / (entry.u ?? 1) : 0.001 / unitOf(entry.p);
  return Object.freeze({
    id,
    name: entry.n,
    isDataCrs: false,
    geographic,
    swapsAxes: entry.xy !== entry.st,
    warning: warningOf(id, entry),
    precision: powerOfTen(step),
    ...placementOf(entry),
  });
}

async function find(code: number): Promise<Crs> {
  const entry = await findEntry(code);
  if (entry === null) {
    throw new CrsError(
      'unknown_crs',
      `epsg:${code} is not a projected or geographic 2D CRS of the EPSG Dataset; epsg:3857 is one, for example`,
    );
  }
  if (entry.s === 'X') {
    throw new CrsError(
      'unsupported_crs',
      `epsg:${code} (${entry.n}) is not supported: ${entry.why}; choose another CRS, such as epsg:3857`,
    );
  }
  return toCrs(code, entry);
}

/**
 * Resolves a client's name of a CRS: `epsg:` and a code, in upper or lower case, optionally with blanks around it. The same
 * CRS is always the same object. Rejects with a CrsError if the CRS is not known (`unknown_crs`) or cannot be computed
 * (`unsupported_crs`), and with the file system's error if the package's table cannot be read.
 */
export async function resolveCrs(name: string): Promise<Crs> {
  const code = readCode(name);
  let crs = known.get(code);
  if (crs === undefined) {
    crs = find(code);
    known.set(code, crs);
    crs.catch(() => known.delete(code));
  }
  return crs;
}
