/** Where a projection is centred, in radians. */
export interface Center {
  readonly phi0: number;
  /** Standard parallels, or the method's replacement for them. */
  readonly phi1: number;
  readonly phi2: number;
}

/** Whether a position is in the domain of a projection, and so has an image: its longitude east of the central meridian, and its latitude, in radians. */
export type Domain = (lam: number, phi: number) => boolean;

/** The limits of methods, by their name in PROJ. Methods without a rule have an image of the whole globe. */
const RULES: Readonly<Record<string, (center: Center) => Domain>> = {
  // Beyond a quarter of the globe they fold: the far half would appear over the near one, mirrored.
  somerc: within(Math.PI / 2),
  cass: within(Math.PI / 2),
  guam: within(Math.PI / 2),
  // Polynomials, made for New Zealand.
  nzmg: within(Math.PI / 9),
  lcc: onCone,
  aea: onCone,
  // The point opposite the centre is infinitely far away, or a circle around the map.
  stere: within(Math.PI - 1e-7),
  sterea: within(Math.PI - 1e-7),
  laea: within(Math.PI - 1e-7),
  aeqd: within(Math.PI - 1e-7),
};

/** Positions within an angle of the centre, measured at the centre of the earth. */
function within(angle: number): (center: Center) => Domain {
  const least = Math.cos(angle);
  return ({ phi0 }) => {
    const [sin0, cos0] = [Math.sin(phi0), Math.cos(phi0)];
    return (lam, phi) =>
      // The way along the meridian and then the parallel is an upper bound: enough for almost every position.
      Math.abs(lam) + Math.abs(phi - phi0) < angle ||
      sin0 * Math.sin(phi) + cos0 * Math.cos(phi) * Math.cos(lam) >= least;
  };
}

/** All positions but the pole to which the cone opens, which is infinitely far away, or a circle around the map. */
function onCone(center: Center): Domain {
  const open = openPole(center);
  return (_lam, phi) => Math.abs(phi - open) > 1e-9;
}

function openPole({ phi1, phi2 }: Center): number {
  return phi1 + phi2 > 0 ? -Math.PI / 2 : Math.PI / 2;
}

const CONIC = new Set(['lcc', 'aea']);
const AZIMUTHAL = new Set(['stere', 'sterea', 'laea', 'aeqd']);

/** Latitude of the one point that has no image, opposite the central meridian; null if there is no such point. */
export function oppositeOf(method: string, center: Center): number | null {
  if (CONIC.has(method)) return openPole(center);
  return AZIMUTHAL.has(method) ? -center.phi0 : null;
}

/** The domain of a method; null for the whole globe. */
export function domainOf(method: string, center: Center): Domain | null {
  return RULES[method]?.(center) ?? null;
}
