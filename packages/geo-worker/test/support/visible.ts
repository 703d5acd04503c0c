import { Area, GeoMessage } from '../../src/index.js';

/** Longitudes from 5 to 11, and latitudes from 45 to 48. */
export const BOX = Area.of([5, 45, 11, 48]);

export const point = (x: number, y: number) => ({ type: 'Point', coordinates: [x, y] });
export const points = (...coordinates: [x: number, y: number][]) => ({ type: 'MultiPoint', coordinates });

export const feature = (geometry: unknown, rest: object = {}) => ({
  type: 'Feature',
  ...rest,
  properties: {},
  geometry,
});

/** The part of the message that is within the area, as JSON text; null if nothing is left. */
export function seen(content: unknown, area = BOX): string | null {
  return GeoMessage.parse(JSON.stringify(content)).within(area)?.text ?? null;
}
