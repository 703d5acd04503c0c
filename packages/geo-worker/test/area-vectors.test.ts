import { describe, expect, it } from 'vitest';
import { Area, GeoMessage } from '../src/index.js';
import { type AreaCase, areaVectors } from './support/vectors.js';

/** The geometry with each of its parts moved by its number of turns. */
function moved({ geometry: { type, coordinates }, turns }: AreaCase): object {
  const shifted = (value: unknown, by: number): unknown => {
    if (!Array.isArray(value)) return value;
    if (typeof value[0] === 'number') return [value[0] + 360 * by, value[1]];
    return value.map((child) => shifted(child, by));
  };
  if (!type.startsWith('Multi')) return { type, coordinates: shifted(coordinates, turns[0] ?? 0) };
  const parts = coordinates as readonly unknown[];
  return { type, coordinates: parts.map((part, i) => shifted(part, turns[i] ?? 0)) };
}

const area = Area.of(areaVectors.area);

/** Expected by shapely: the file says which, and scripts/record-area-vectors.py how. */
describe.each(['as published', 'in other turns of longitude'])(
  'an area of thousands of vertices, %s',
  (where) => {
    it.each(areaVectors.cases.map((one, i) => ({ ...one, name: `${one.geometry.type} ${i}` })))(
      'admits $name exactly if they have a point in common',
      (one) => {
        const geometry = where === 'as published' ? one.geometry : moved(one);
        expect(GeoMessage.parse(JSON.stringify(geometry)).within(area) !== null).toBe(one.meets);
      },
    );
  },
);
