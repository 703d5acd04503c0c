import { fc } from '@viaduct/testkit/properties';
import { beforeAll, describe, expect, it } from 'vitest';
import { BoxIndex, type Crs, DATA_CRS, GeoMessage, resolveCrs } from '../src/index.js';
import { choices, degreesBox, oddGeoJson, writeJson } from './support/arbitraries.js';

let crss: Crs[];

beforeAll(async () => {
  crss = [
    DATA_CRS,
    ...(await Promise.all(['epsg:3857', 'epsg:3035', 'epsg:31467', 'epsg:4807'].map(resolveCrs))),
  ];
});

/** Every coordinate of a converted message: the geometries that GeoJSON knows, wherever they are. */
function* coordinatesIn(value: unknown): Generator<unknown> {
  if (Array.isArray(value)) for (const child of value) yield* coordinatesIn(child);
  else yield value;
}

function geometriesIn(value: unknown): { type: string; coordinates: unknown[] }[] {
  if (typeof value !== 'object' || value === null) return [];
  const { type, features, geometry, geometries, coordinates } = value as Record<string, unknown>;
  if (type === 'FeatureCollection' && Array.isArray(features)) return features.flatMap(geometriesIn);
  if (type === 'Feature') return geometriesIn(geometry);
  if (type === 'GeometryCollection' && Array.isArray(geometries)) return geometries.flatMap(geometriesIn);
  const known = /^(Multi)?(Point|LineString|Polygon)$/.test(String(type)) && Array.isArray(coordinates);
  return known ? [value as { type: string; coordinates: unknown[] }] : [];
}

describe('whatever is published', () => {
  it('gets an answer and causes no exception', () => {
    fc.assert(
      fc.property(oddGeoJson, choices, degreesBox, fc.nat(), (value, how, box, pick) => {
        const crs = crss[pick % crss.length] as Crs;
        const message = GeoMessage.parse(writeJson(value, how, pick % 3 === 0));
        const index = new BoxIndex<number>(crs);
        index.set(1, box);
        let found = 0;
        index.match(message, () => found++);
        expect(found).toBe(message.intersects(box, crs) ? 1 : 0);
        expect(message.unlocated(crs)).toBeGreaterThanOrEqual(0);
        const trimmed = message.renderTrimmed({ crs, axisOrder: 'crs', precision: 0.3 }, box, DATA_CRS);
        expect(() => JSON.parse(trimmed)).not.toThrow();
      }),
      { numRuns: 600 },
    );
  });

  it('has finite coordinates, or none, in other coordinates', () => {
    fc.assert(
      fc.property(oddGeoJson, choices, fc.nat(), (value, how, pick) => {
        const crs = crss[pick % crss.length] as Crs;
        const view = { crs, axisOrder: 'crs', precision: null } as const;
        const message = GeoMessage.parse(writeJson(value, how));
        for (const { coordinates } of geometriesIn(JSON.parse(message.render(view)))) {
          for (const number of coordinatesIn(coordinates)) expect(number).toSatisfy(Number.isFinite);
        }
      }),
      { numRuns: 800 },
    );
  });

  it('is a SyntaxError if it is not JSON', () => {
    for (const text of [
      '',
      '{',
      'NaN',
      "{'a':1}",
      '{"type":"Point","coordinates":[Infinity,0]}',
      'undefined',
    ]) {
      expect(() => GeoMessage.parse(text)).toThrow(SyntaxError);
    }
  });
});

describe('what counts as GeoJSON', () => {
  it.each([
    ['{"type":"Feature","geometry":null,"properties":null}', true],
    ['{"type":"FeatureCollection","features":[]}', true],
    ['{"type":"Point","coordinates":[1,2]}', true],
    ['{"type":"GeometryCollection","geometries":[]}', true],
    ['{"type":"Point"}', false],
    ['{"type":"FeatureCollection"}', false],
    ['{"type":"Circle","coordinates":[1,2]}', false],
    ['[{"type":"Point","coordinates":[1,2]}]', false],
    ['"Feature"', false],
    ['null', false],
  ])('%s: %s', (text, isGeo) => {
    expect(GeoMessage.parse(text).isGeo).toBe(isGeo);
  });
});
