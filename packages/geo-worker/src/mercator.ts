import { wrapLongitude } from './longitude.js';

/** Radius, in metres, of the sphere that Web Mercator (EPSG:3857) uses instead of the ellipsoid. */
const RADIUS = 6_378_137;
const RADIANS = Math.PI / 180;
/** PROJ's northing for a pole, which is infinitely far away: finite, and out of sight. */
const POLE = 242_528_680.943_742_72;

/** Easting in metres of a longitude in degrees; longitudes beyond ±180 count modulo 360, as in PROJ. */
export function mercatorX(lon: number): number {
  return wrapLongitude(lon) * RADIANS * RADIUS;
}

/**
 * Northing in metres of a latitude in degrees; about ±242,529 km at the poles, NaN beyond them. Exactly 0 on the equator,
 * which the usual form with a logarithm misses by a nanometre: enough to put a point outside a box that begins there.
 */
export function mercatorY(lat: number): number {
  if (lat < 90 && lat > -90) return RADIUS * Math.asinh(Math.tan(lat * RADIANS));
  if (lat === 90) return POLE;
  return lat === -90 ? -POLE : Number.NaN;
}

/**
 * Northing of a latitude in radians on an ellipsoid of semi-major axis 1 and that eccentricity: Karney, Transverse Mercator
 * with an accuracy of a few nanometers, 2011, equation 7. Finite at the poles, as in PROJ.
 */
export function ellipsoidalMercatorY(eccentricity: number, phi: number): number {
  return Math.asinh(Math.tan(phi)) - eccentricity * Math.atanh(eccentricity * Math.sin(phi));
}
