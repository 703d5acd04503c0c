import type { Coordinate } from 'ol/coordinate.js';
import type { Extent } from 'ol/extent.js';
import { register } from 'ol/proj/proj4.js';
import { get as getProjection, type Projection } from 'ol/proj.js';
import proj4 from 'proj4';

/** A place as longitude and latitude in degrees (EPSG:4326, in the order of GeoJSON). */
export type LonLat = readonly [longitude: number, latitude: number];

/** A CRS that the map can be drawn in. */
export interface MapCrs {
  /** Its name in OpenLayers and proj4, such as `EPSG:2056`. */
  code: string;
  name: string;
  /** The area that it is for, in a word or two. */
  region: string;
  /** Parameters for proj4; null for the two that OpenLayers and proj4 know by themselves. */
  definition: string | null;
  /** How far the map can be panned, in units of the CRS. */
  extent: Extent;
  /** The first view, in units of the CRS. */
  home: Extent;
  /**
   * The part of the sphere that is drawn: everything within this many degrees of a centre. Covers `extent`. Null for
   * the whole sphere, cut along the antimeridian.
   */
  cap: { center: LonLat; radius: number } | null;
  /** West, south, east and north of its area, in degrees: a map within it keeps its place. */
  area: readonly [west: number, south: number, east: number, north: number];
}

/** Half the width of the world in Web Mercator, in metres. */
const MERCATOR_EDGE = 20_037_508.342789244;

/** Half the side of the square around a pole that the polar maps show, in metres. */
const POLAR_EDGE = 7.5e6;

const POLAR_EXTENT: Extent = [-POLAR_EDGE, -POLAR_EDGE, POLAR_EDGE, POLAR_EDGE];

/**
 * The CRSs of the switcher, in its order. Parameters are those of the EPSG Dataset, https://epsg.org, in the syntax
 * of PROJ, https://proj.org; a test compares the results with what the gateway sends. `area` is the dataset's area of
 * use, rounded.
 */
export const MAP_CRSS: readonly MapCrs[] = [
  {
    code: 'EPSG:3857',
    name: 'Web Mercator',
    region: 'World',
    definition: null,
    extent: [-MERCATOR_EDGE, -MERCATOR_EDGE, MERCATOR_EDGE, MERCATOR_EDGE],
    home: [-0.2e6, 5.15e6, 2.15e6, 6.75e6],
    cap: null,
    area: [-180, -85, 180, 85],
  },
  {
    code: 'EPSG:4326',
    name: 'Plate carrée',
    region: 'World',
    definition: null,
    extent: [-180, -90, 180, 90],
    home: [-12, 34, 34, 62],
    cap: null,
    area: [-180, -90, 180, 90],
  },
  {
    code: 'EPSG:3035',
    name: 'LAEA Europe',
    region: 'Europe',
    definition: '+proj=laea +lat_0=52 +lon_0=10 +x_0=4321000 +y_0=3210000 +ellps=GRS80 +units=m +no_defs',
    extent: [-0.7e6, -1.8e6, 9.3e6, 8.2e6],
    home: [2.6e6, 1.5e6, 6e6, 5e6],
    cap: { center: [10, 52], radius: 75 },
    area: [-36, 25, 45, 85],
  },
  {
    code: 'EPSG:2056',
    name: 'Swiss LV95',
    region: 'Switzerland',
    definition:
      '+proj=somerc +lat_0=46.9524055555556 +lon_0=7.43958333333333 +k_0=1 +x_0=2600000 +y_0=1200000 +ellps=bessel +towgs84=674.374,15.056,405.346 +units=m +no_defs',
    extent: [0.6e6, -0.3e6, 4.6e6, 2.7e6],
    home: [2.44e6, 1.05e6, 2.86e6, 1.32e6],
    cap: { center: [7.43958, 46.9524], radius: 40 },
    area: [5.96, 45.82, 10.49, 47.81],
  },
  {
    code: 'EPSG:3995',
    name: 'Arctic',
    region: 'North Pole',
    definition: '+proj=stere +lat_0=90 +lat_ts=71 +lon_0=0 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs',
    extent: POLAR_EXTENT,
    home: [-4.6e6, -4.6e6, 4.6e6, 4.6e6],
    cap: { center: [0, 90], radius: 82 },
    area: [-180, 60, 180, 90],
  },
  {
    code: 'EPSG:3031',
    name: 'Antarctic',
    region: 'South Pole',
    definition: '+proj=stere +lat_0=-90 +lat_ts=-71 +lon_0=0 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs',
    extent: POLAR_EXTENT,
    home: [-6.4e6, -6.4e6, 6.4e6, 6.4e6],
    cap: { center: [0, -90], radius: 82 },
    area: [-180, -90, 180, -60],
  },
];

/** Registers all of {@link MAP_CRSS} with proj4 and OpenLayers; call it once, before anything else here. */
export function registerCrss(): void {
  for (const { code, definition } of MAP_CRSS) if (definition !== null) proj4.defs(code, definition);
  register(proj4);
}

/** @throws RangeError for a code that is not among {@link MAP_CRSS} */
export function crsOf(code: string): MapCrs {
  const crs = MAP_CRSS.find((candidate) => candidate.code === code);
  if (crs === undefined) throw new RangeError(`The map is not drawn in ${code}.`);
  return crs;
}

/** @throws RangeError if {@link registerCrss} was not called */
export function projectionOf(crs: MapCrs): Projection {
  const projection = getProjection(crs.code);
  if (projection === null) throw new RangeError(`${crs.code} is not registered.`);
  return projection;
}

/** Metres in one unit of a CRS, on the equator for degrees. */
export function metresPerUnit(crs: MapCrs): number {
  return projectionOf(crs).getMetersPerUnit() ?? 1;
}

/**
 * Computes coordinates on the map from longitude and latitude. Web Mercator ends at the edge of its square instead of
 * at infinity.
 */
export function projector({ code, extent }: MapCrs): (place: LonLat) => [x: number, y: number] {
  const { forward } = proj4('EPSG:4326', code);
  const [, minY = 0, , maxY = 0] = extent;
  return ([longitude, latitude]) => {
    const [x = Number.NaN, y = Number.NaN] = forward([longitude, latitude]);
    return code === 'EPSG:3857' ? [x, Math.min(Math.max(y, minY), maxY)] : [x, y];
  };
}

/** Computes longitude and latitude from coordinates on the map. */
export function unprojector({ code }: MapCrs): (coordinate: Coordinate) => LonLat {
  const { inverse } = proj4('EPSG:4326', code);
  return ([x = Number.NaN, y = Number.NaN]) => {
    const [longitude = Number.NaN, latitude = Number.NaN] = inverse([x, y]);
    return [longitude, latitude];
  };
}

/** Whether a place is in the area of a CRS. */
export function isInArea(
  { area: [west, south, east, north] }: MapCrs,
  [longitude, latitude]: LonLat,
): boolean {
  return longitude >= west && longitude <= east && latitude >= south && latitude <= north;
}
