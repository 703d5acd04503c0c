import { fc } from '@viaduct/testkit/properties';
import { describe, expect, it } from 'vitest';
import { Area, DATA_CRS, GeoMessage } from '../src/index.js';
import { choices, degreesBox, oddGeoJson, writeJson } from './support/arbitraries.js';
import { BOX, feature, point, seen } from './support/visible.js';

const TRIANGLE = Area.of({
  type: 'Polygon',
  coordinates: [
    [
      [0, 0],
      [10, 0],
      [0, 10],
      [0, 0],
    ],
  ],
});

const collection = (features: unknown[], rest: object = {}) => ({
  type: 'FeatureCollection',
  ...rest,
  features,
});

const INSIDE = feature(point(7, 46), { id: 1 });
const OUTSIDE = feature(point(20, 46), { id: 2 });

describe('the visible part within an area', () => {
  it('is all of a message that touches it, and nothing of one that does not', () => {
    expect(seen(INSIDE)).toBe(JSON.stringify(INSIDE));
    expect(seen(OUTSIDE)).toBeNull();
    const across = feature({
      type: 'LineString',
      coordinates: [
        [0, 46],
        [20, 46],
      ],
    });
    expect(seen(across)).toBe(JSON.stringify(across));
    expect(seen(point(5, 45))).not.toBeNull();
  });

  it.each([
    ['features of a collection', '"features":[OUTSIDE],"features":[INSIDE]', 'FeatureCollection'],
    [
      'a geometry',
      '"properties":{},"geometry":OUTSIDE,"geometry":{"type":"Point","coordinates":[7,46]}',
      'Feature',
    ],
    [
      'a geometry whose name has an escape',
      '"ge\\u006fmetry":OUTSIDE,"geometry":{"type":"Point","coordinates":[7,46]}',
      'Feature',
    ],
    ['coordinates', '"coordinates":[20,46],"coordinates":[7,46]', 'Point'],
    [
      'coordinates in a feature',
      '"geometry":{"type":"Point","coordinates":[20,46],"coordinates":[7,46]}',
      'Feature',
    ],
  ])('has no unchecked members, such as an earlier one with the same name: %s', (_, members, type) => {
    const text = `{"type":"${type}",${members}}`
      .replaceAll('OUTSIDE', JSON.stringify(OUTSIDE))
      .replaceAll('INSIDE', JSON.stringify(INSIDE));
    const sent = GeoMessage.parse(text).within(BOX)?.text ?? '';
    expect(JSON.parse(sent)).toEqual(JSON.parse(text));
    expect(sent).not.toContain('20');
  });

  it('has no unchecked members in the features of a collection', () => {
    const twice =
      '{"type":"Feature","id":1565578836000000123,"geometry":{"type":"Point","coordinates":[20,46]},"geometry":{"type":"Point","coordinates":[7,46]},"properties":{}}';
    const text = `{"type":"FeatureCollection","features":[${JSON.stringify(OUTSIDE)},${twice}]}`;
    const kept = twice.replace('"geometry":{"type":"Point","coordinates":[20,46]},', '');
    expect(GeoMessage.parse(text).within(BOX)?.text).toBe(
      `{"type":"FeatureCollection","features":[${kept}]}`,
    );
  });

  it.each([
    ['no geometry', feature(null)],
    ['no coordinates', feature({ type: 'MultiPoint', coordinates: [] })],
  ])('is the whole message if it has no place: %s', (_, content) => {
    expect(seen(content)).toBe(JSON.stringify(content));
  });

  it.each([
    ['an object', { lon: 20, lat: 46 }],
    ['a list of features', [INSIDE, INSIDE]],
    ['TopoJSON', { type: 'Topology', objects: {}, arcs: [[[20, 46]]] }],
    ['a type in lower case', { ...INSIDE, type: 'feature' }],
    ['a text', 'anything'],
    ['a number', 46],
    ['null', null],
  ])('is empty for what is not GeoJSON if the area is strict, and else the message: %s', (_, content) => {
    expect(seen(content)).toBeNull();
    expect(seen(content, Area.of([5, 45, 11, 48], { strict: false }))).toBe(JSON.stringify(content));
  });

  it.each([
    ['a bare geometry without coordinates', { type: 'LineString' }],
    ['a collection whose features are not a list', { type: 'FeatureCollection', features: {} }],
  ])('is empty for GeoJSON that cannot be read, even if the area is not strict: %s', (_, content) => {
    expect(seen(content, Area.of([5, 45, 11, 48], { strict: false }))).toBeNull();
  });

  it('keeps the options of an area in its JSON, and gives areas with different options different ids', () => {
    const lenient = Area.of([5, 45, 11, 48], { strict: false });
    expect(lenient.id).not.toBe(BOX.id);
    expect(Area.parse(lenient.json).isStrict).toBe(false);
    expect(Area.parse(BOX.json)).toMatchObject({ id: BOX.id, isStrict: true });
  });

  it.each([
    ['an unknown type', feature({ type: 'Circle', coordinates: [20, 46], radius: 3 })],
    ['a bare geometry whose coordinates are not a list', { type: 'Point', coordinates: { 0: 20, 1: 46 } }],
    ['a bare geometry without coordinates', { type: 'LineString' }],
    ['a collection whose features are not a list', { type: 'FeatureCollection', features: { 0: INSIDE } }],
    ['a broken position', feature({ type: 'Point', coordinates: ['20', '46'] })],
    [
      'a collection with a part of an unknown type',
      feature({ type: 'GeometryCollection', geometries: [point(7, 46), { type: 'Circle' }] }),
    ],
  ])('is empty if the place cannot be read: %s', (_, content) => {
    expect(seen(content)).toBeNull();
    expect(seen(collection([content, INSIDE]))).toBe(JSON.stringify(collection([INSIDE])));
  });

  it('has the features of a collection that touch the area, as published', () => {
    const text =
      '{ "type":"FeatureCollection", "n": 1.50, "features" : [ {"type":"Feature","geometry":{"type":"Point","coordinates":[20,46]}} ,{"type":"Feature", "id":12345678901234567890,"geometry":{"type":"Point","coordinates":[7.0,46.10]}} ], "z":[1 ]}';
    expect(GeoMessage.parse(text).within(BOX)?.text).toBe(
      '{"type":"FeatureCollection","features":[{"type":"Feature", "id":12345678901234567890,"geometry":{"type":"Point","coordinates":[7.0,46.10]}}]}',
    );
    expect(seen(collection([OUTSIDE, OUTSIDE]))).toBeNull();
  });

  it.each([
    [{ bbox: [0, 0, 20, 50] }],
    [{ crs: {}, name: 'x' }],
    [{ arcs: [[20, 46]], others: collection([OUTSIDE]) }],
  ])('has no other members of a collection that is cut or empty: %j', (rest) => {
    const own = { ...INSIDE, bbox: [7, 46, 7, 46] };
    const cut = JSON.stringify(collection([own]));
    expect(seen(collection([OUTSIDE, own, OUTSIDE], rest))).toBe(cut);
    expect(seen({ type: 'FeatureCollection', features: [own, OUTSIDE], ...rest })).toBe(cut);
    expect(seen(collection([], rest))).toBe(JSON.stringify(collection([])));
    expect(seen(collection([own], rest))).toBe(JSON.stringify(collection([own], rest)));
  });

  it('is the same message if it is an empty collection without other members', () => {
    const message = GeoMessage.parse('{ "features": [], "type": "FeatureCollection" }');
    expect(message.within(BOX)).toBe(message);
  });

  it('depends on the last member if two have the same name', () => {
    const twice = `{"type":"FeatureCollection","features":[${JSON.stringify(OUTSIDE)}],"features":[${JSON.stringify(OUTSIDE)},${JSON.stringify(INSIDE)}]}`;
    expect(GeoMessage.parse(twice).within(BOX)?.text).toBe(JSON.stringify(collection([INSIDE])));
  });

  it('is computed once for each area, even for equal objects', () => {
    const message = GeoMessage.parse(JSON.stringify(collection([INSIDE, OUTSIDE])));
    expect(message.within(Area.of([5, 45, 11, 48]))).toBe(message.within(BOX));
    expect(message.within(TRIANGLE)).toBeNull();
    const cut = message.within(BOX);
    expect(cut?.within(BOX)).toBe(cut);
  });

  it('crosses the antimeridian', () => {
    const fiji = Area.of([170, -30, -170, 10]);
    for (const x of [175, -175, 185, -185, 535]) expect([x, seen(point(x, 0), fiji)]).not.toEqual([x, null]);
    for (const x of [160, -160, 0]) expect(seen(point(x, 0), fiji)).toBeNull();
    const polygon = Area.of({
      type: 'Polygon',
      coordinates: [
        [
          [170, -30],
          [190, -30],
          [190, 10],
          [170, 10],
          [170, -30],
        ],
      ],
    });
    for (const x of [175, -175, 185, -185, 535])
      expect([x, seen(point(x, 0), polygon)]).not.toEqual([x, null]);
    for (const x of [160, -160, 0]) expect(seen(point(x, 0), polygon)).toBeNull();
    const line = {
      type: 'LineString',
      coordinates: [
        [-195, 0],
        [-200, 0],
      ],
    };
    expect(seen(line, polygon)).toBeNull();
    expect(
      seen(
        {
          ...line,
          coordinates: [
            [-185, 0],
            [-200, 0],
          ],
        },
        polygon,
      ),
    ).not.toBeNull();
  });

  it('never has an item outside the area, whatever is published', () => {
    const boxes = degreesBox.filter(
      ({ minX, maxX, minY, maxY }) =>
        Math.max(Math.abs(minX), Math.abs(maxX)) <= 540 && Math.max(Math.abs(minY), Math.abs(maxY)) <= 90,
    );
    fc.assert(
      fc.property(oddGeoJson, choices, boxes, (value, written, box) => {
        const area = Area.of([box.minX, box.minY, box.maxX, box.maxY]);
        const left = GeoMessage.parse(writeJson(value, written, true)).within(area);
        if (left === null) return;
        expect(left.intersects(box, DATA_CRS) || isEmptyCollection(left.value)).toBe(true);
        if (!left.isGeo) return;
        const { features } = left.value as { features?: unknown[] };
        if (!Array.isArray(features)) return;
        for (const one of features) {
          const alone = GeoMessage.parse(JSON.stringify(collection([one])));
          expect(alone.intersects(box, DATA_CRS)).toBe(true);
          expect(alone.within(area)).toBe(alone);
        }
      }),
      { numRuns: 1500 },
    );
  });
});

function isEmptyCollection(value: unknown): boolean {
  return (value as { features?: unknown[] } | null)?.features?.length === 0;
}
