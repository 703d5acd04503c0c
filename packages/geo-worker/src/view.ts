import type { Crs } from './crs.js';

/** The coordinates in which a client receives messages. */
export interface View {
  readonly crs: Crs;
  /** `xy`: easting (or longitude) first, always. `crs`: the order of the CRS's own axes. */
  readonly axisOrder: 'xy' | 'crs';
  /** Rounding step in units of the CRS, above 0; null: `crs.precision`, and none in EPSG:4326. */
  readonly precision: number | null;
}

/** The settings that decide which numbers a view sends for a position. */
export type Grid = Pick<View, 'crs' | 'precision'>;

/** The step to which a view rounds coordinates; 0: it does not round them, and in EPSG:4326 sends them as published. */
export function stepOf({ crs, precision }: Grid): number {
  return precision ?? (crs.isDataCrs ? 0 : crs.precision);
}

/** A CRS's own grid, for views without a precision. */
export function defaultGrid(crs: Crs): Grid {
  return { crs, precision: null };
}

/** The step of the coordinates that a box is compared with: those that the view sends, if the box is in its CRS. */
export function boxStepOf(boxCrs: Crs, view: Grid): number {
  return stepOf(view.crs === boxCrs ? view : defaultGrid(boxCrs));
}

/** Whether a view sends messages byte for byte as published. */
export function isIdentity({ crs, axisOrder, precision }: View): boolean {
  return crs.isDataCrs && precision === null && (axisOrder === 'xy' || !crs.swapsAxes);
}
