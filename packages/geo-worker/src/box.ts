/**
 * A box in the coordinates of a CRS, x before y, edges included. In a geographic CRS `minX > maxX` crosses the
 * antimeridian, longitudes count modulo 360, and a box 360 degrees wide or wider holds all of them.
 */
export interface Bbox {
  minX: number;
  minY: number;
  maxX: number;
  maxY: number;
}
