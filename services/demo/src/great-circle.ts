/** A place on the sphere: longitude and latitude in degrees (WGS 84), in GeoJSON's order. */
export type LonLat = readonly [lon: number, lat: number];

/** Mean radius of the Earth in kilometres (IUGG R1). */
const EARTH_RADIUS_KM = 6371.0088;

const RADIANS = Math.PI / 180;

type Vector = readonly [x: number, y: number, z: number];

function toVector([lon, lat]: LonLat): Vector {
  const cosLat = Math.cos(lat * RADIANS);
  return [cosLat * Math.cos(lon * RADIANS), cosLat * Math.sin(lon * RADIANS), Math.sin(lat * RADIANS)];
}

function toLonLat([x, y, z]: Vector): LonLat {
  return [Math.atan2(y, x) / RADIANS, Math.atan2(z, Math.hypot(x, y)) / RADIANS];
}

/** Angle between two unit vectors in radians; accurate for small angles too, unlike the arc cosine. */
function angle(a: Vector, b: Vector): number {
  const cross = Math.hypot(a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]);
  return Math.atan2(cross, a[0] * b[0] + a[1] * b[1] + a[2] * b[2]);
}

/** Length of the shortest way over the sphere between two places, in kilometres. */
export function distanceKm(from: LonLat, to: LonLat): number {
  return angle(toVector(from), toVector(to)) * EARTH_RADIUS_KM;
}

/**
 * The place at a fraction (0 to 1) of the shorter great-circle arc between two places. For exactly opposite places
 * there is no single arc, and the result is undefined.
 */
export function interpolate(from: LonLat, to: LonLat, fraction: number): LonLat {
  const a = toVector(from);
  const b = toVector(to);
  const whole = angle(a, b);
  if (whole === 0) return from;
  const wa = Math.sin((1 - fraction) * whole);
  const wb = Math.sin(fraction * whole);
  return toLonLat([wa * a[0] + wb * b[0], wa * a[1] + wb * b[1], wa * a[2] + wb * b[2]]);
}

/** Direction of the way from `from` to `to` at its start: degrees clockwise from north, 0 to below 360. */
export function bearing(from: LonLat, to: LonLat): number {
  const deltaLon = (to[0] - from[0]) * RADIANS;
  const fromLat = from[1] * RADIANS;
  const toLat = to[1] * RADIANS;
  const east = Math.sin(deltaLon) * Math.cos(toLat);
  const north =
    Math.cos(fromLat) * Math.sin(toLat) - Math.sin(fromLat) * Math.cos(toLat) * Math.cos(deltaLon);
  return (Math.atan2(east, north) / RADIANS + 360) % 360;
}
