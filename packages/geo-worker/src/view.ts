import type { Crs } from './crs.js';

/** In which coordinates a client reads messages. */
export interface View {
  readonly crs: Crs;
  /** `xy`: easting (or longitude) first, always. `crs`: the order of the CRS's own axes. */
  readonly axisOrder: 'xy' | 'crs';
  /** Rounding step in units of the CRS, above 0; null: `crs.precision`, and none in EPSG:4326. */
  readonly precision: number | null;
}

/** Whether a view leaves messages byte for byte as they were published. */
export function isIdentity({ crs, axisOrder, precision }: View): boolean {
  return crs.isDataCrs && precision === null && (axisOrder === 'xy' || !crs.swapsAxes);
}
