import proj4 from 'proj4';
import { domainOf, oppositeOf } from './domain.js';
import { wrapLongitude } from './longitude.js';
import { ellipsoidalMercatorY } from './mercator.js';
import { cassini, guam } from './meridian.js';

interface Point {
  x: number;
  y: number;
}

/** A projection of proj4js, with members that its types lack. */
interface Definition extends Omit<Exclude<Parameters<typeof proj4.transform>[1], string>, 'a'> {
  readonly a: number;
  readonly es: number;
  /** Central meridian of an oblique Mercator projection, which is not that of its centre. */
  readonly lam0?: number;
  /** Distance of the apex of a conformal cone from the origin, in metres. */
  readonly rh?: number;
}

/** Projects a position in radians, lam from the central meridian: to x and y in metres, or null if it has no image. */
type Method = (lam: number, phi: number) => Point | null | undefined;

const RADIANS = Math.PI / 180;
const TURN = 2 * Math.PI;

/** A position closer than this to the edge of the map counts as on it, in radians: 6 micrometres. */
const EDGE = 1e-12;

/** A position closer than this to a pole counts as the pole, in radians, as in PROJ. */
const POLE = 1e-10;

/** In some projections, proj4js treats a pole as beyond itself, so it gets a position half a micrometre from it instead. */
const NEAR_POLE = Math.PI / 2 - 1e-13;

/**
 * How far a longitude in degrees is east of a meridian: from -π to π radians. The edge is one line on the globe and two on
 * the map: the sign of the longitude decides on which side a position is.
 */
function eastOf(meridian: number, lon: number): number {
  const lam = wrapLongitude(lon) * RADIANS - meridian;
  const wrapped = Math.abs(lam) <= Math.PI + EDGE ? lam : lam - TURN * Math.round(lam / TURN);
  return Math.max(-Math.PI, Math.min(Math.PI, wrapped));
}

/** proj4js's own computation. */
function proj4Method(projection: Definition): Method {
  const meridian = projection.lam0 ?? projection.long0 ?? 0;
  return (lam, phi) => {
    const y = Math.max(-NEAR_POLE, Math.min(NEAR_POLE, phi));
    // With a z, proj4js need not delete it from its answer, which would be slow.
    return projection.forward({ x: meridian + lam, y, z: 0 });
  };
}

/** Mercator, with poles that are far away but have a place, as in PROJ. */
function mercator({ a, es, k0 = 1, x0 = 0, y0 = 0 }: Definition): Method {
  const scale = a * k0;
  const e = Math.sqrt(es);
  return (lam, phi) => ({ x: x0 + scale * lam, y: y0 + scale * ellipsoidalMercatorY(e, phi) });
}

/** Lambert's conformal cone, with the pole at its apex. */
function conformalCone(projection: Definition): Method {
  const { rh = 0, k0 = 1, x0 = 0, y0 = 0 } = projection;
  const method = proj4Method(projection);
  return (lam, phi) => (Math.PI / 2 - Math.abs(phi) > POLE ? method(lam, phi) : { x: x0, y: y0 + k0 * rh });
}

/** Around a pole, which is at the false origin. */
function polar(projection: Definition): Method {
  const { lat0 = 0, x0 = 0, y0 = 0 } = projection;
  const method = proj4Method(projection);
  if (Math.PI / 2 - Math.abs(lat0) > POLE) return method;
  return (lam, phi) => (Math.abs(phi - lat0) > POLE ? method(lam, phi) : { x: x0, y: y0 });
}

/** Methods that measure distances along meridians. */
function meridional(projection: Definition, definition: string): Method {
  const { lat0: phi0 = 0, x0 = 0, y0 = 0 } = projection;
  const hyperbolic = definition.includes('+hyperbolic');
  return (lam, phi) => {
    const { x, y } = definition.includes('+guam')
      ? guam(projection, { lam, phi, phi0 })
      : cassini(projection, { lam, phi, phi0, hyperbolic });
    return { x: x0 + x, y: y0 + y };
  };
}

const METHODS: Readonly<Record<string, (projection: Definition, definition: string) => Method>> = {
  merc: mercator,
  lcc: conformalCone,
  laea: polar,
  cass: meridional,
  guam: meridional,
};

/** Converts longitude and latitude to the coordinates of a CRS. */
export interface Projection {
  /** The full turn after which x repeats, in units of the CRS; 0 if x does not repeat. */
  readonly turn: number;
  /** x of the central meridian if x repeats; else 0. */
  readonly middle: number;
  /** Longitude and latitude, in degrees, of the one point that has no image; null if there is no such point. */
  readonly opposite: readonly [lon: number, lat: number] | null;
  /** Whether a position in EPSG:4326, in degrees, has an image. */
  hasImage(lon: number, lat: number): boolean;
  /** Computes x and y, in units of the CRS, of a position on its own datum, in degrees; null if it has no image. */
  project(lon: number, lat: number): Point | null;
}

/** PROJ's name for the method of a proj4 string; there, Guam's is a variant of another one. */
function methodName(definition: string): string {
  return definition.includes('+guam') ? 'guam' : (/^\+proj=(\w+)/.exec(definition)?.[1] ?? '');
}

function geographic({ from_greenwich: greenwich = 0 }: Definition): Projection {
  return {
    turn: 360,
    middle: 0,
    opposite: null,
    hasImage: () => true,
    project: (lon, lat) => ({ x: eastOf(greenwich, lon) / RADIANS, y: lat }),
  };
}

/** Methods whose meridians are parallel lines: the world repeats beside itself. */
const CYLINDRICAL = new Set(['merc', 'eqc', 'cea']);

/** Where x repeats, in metres, if it does. */
function worldOf(name: string, method: Method): Pick<Projection, 'turn' | 'middle'> {
  const [west, east] = CYLINDRICAL.has(name) ? [method(-Math.PI, 0), method(Math.PI, 0)] : [];
  return west && east ? { turn: east.x - west.x, middle: (west.x + east.x) / 2 } : { turn: 0, middle: 0 };
}

/** Reads a proj4 string; ignores its datum shift. */
export function projectionOf(definition: string): Projection {
  const projection = proj4.Proj(definition) as unknown as Definition;
  const name = methodName(definition);
  if (name === 'longlat') return geographic(projection);
  const { from_greenwich: greenwich = 0, to_meter: unit = 1, lam0, long0 = 0 } = projection;
  const { lat0: phi0 = 0, lat1: phi1 = 0, lat2: phi2 = phi1 } = projection;
  const meridian = (lam0 ?? long0) + greenwich;
  const method = METHODS[name]?.(projection, definition) ?? proj4Method(projection);
  const center = { phi0, phi1, phi2 };
  const domain = domainOf(name, center);
  const opposite = oppositeOf(name, center);
  const { turn, middle } = worldOf(name, method);
  return {
    turn: turn / unit,
    middle: middle / unit,
    opposite: opposite === null ? null : [(meridian + Math.PI) / RADIANS, opposite / RADIANS],
    hasImage: (lon, lat) => domain === null || domain(eastOf(meridian, lon), lat * RADIANS),
    project: (lon, lat) => {
      const point = method(eastOf(meridian, lon), lat * RADIANS);
      if (!point) return null;
      point.x /= unit;
      point.y /= unit;
      return point;
    },
  };
}
