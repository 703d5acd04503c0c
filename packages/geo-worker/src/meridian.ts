/** An ellipsoid: semi-major axis in metres, and eccentricity squared. */
export interface Ellipsoid {
  readonly a: number;
  readonly es: number;
}

/**
 * Distance along a meridian from the equator to a latitude in radians, in metres: Helmert's series in the third
 * flattening, good to a micrometre.
 */
function meridianArc({ a, es }: Ellipsoid, phi: number): number {
  const root = Math.sqrt(1 - es);
  const n = (1 - root) / (1 + root);
  const n2 = n * n;
  const series =
    (1 + n2 / 4 + (n2 * n2) / 64) * phi -
    (3 / 2) * n * (1 - n2 / 8) * Math.sin(2 * phi) +
    (15 / 16) * n2 * (1 - n2 / 4) * Math.sin(4 * phi) -
    (35 / 48) * n2 * n * Math.sin(6 * phi) +
    (315 / 512) * n2 * n2 * Math.sin(8 * phi);
  return (a / (1 + n)) * series;
}

/** Radius of curvature in the prime vertical, in metres. */
function primeVertical({ a, es }: Ellipsoid, phi: number): number {
  return a / Math.sqrt(1 - es * Math.sin(phi) ** 2);
}

/**
 * Cassini-Soldner in metres (EPSG methods 9806 and, hyperbolic, 9833), which proj4js computes with a term of the
 * wrong sign. Radians: lam from the central meridian, phi0 of the origin.
 */
export function cassini(
  ellipsoid: Ellipsoid,
  { lam, phi, phi0, hyperbolic }: { lam: number; phi: number; phi0: number; hyperbolic: boolean },
): { x: number; y: number } {
  const { es } = ellipsoid;
  const nu = primeVertical(ellipsoid, phi);
  const t = Math.tan(phi) ** 2;
  const c = (es * Math.cos(phi) ** 2) / (1 - es);
  const a = lam * Math.cos(phi);
  const a2 = a * a;
  const x = nu * a * (1 - (t * a2) / 6 - ((8 - t + 8 * c) * t * a2 * a2) / 120);
  const north = nu * Math.tan(phi) * (a2 / 2 + ((5 - t + 6 * c) * a2 * a2) / 24);
  const y = meridianArc(ellipsoid, phi) - meridianArc(ellipsoid, phi0) + north;
  if (!hyperbolic) return { x, y };
  const rho = (nu * (1 - es)) / (1 - es * Math.sin(phi) ** 2);
  return { x, y: y - y ** 3 / (6 * rho * nu) };
}

/** Guam projection in metres (EPSG method 9831), which proj4js does not have. Radians: lam from the central meridian. */
export function guam(
  ellipsoid: Ellipsoid,
  { lam, phi, phi0 }: { lam: number; phi: number; phi0: number },
): { x: number; y: number } {
  const x = primeVertical(ellipsoid, phi) * Math.cos(phi) * lam;
  const north = (x * lam * Math.sin(phi)) / 2;
  return { x, y: meridianArc(ellipsoid, phi) - meridianArc(ellipsoid, phi0) + north };
}
