import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Area, DATA_CRS, GeoMessage } from '../src/index.js';
import { choices, degreesBox, oddGeoJson, writeJson } from './support/arbitraries.js';

const BOX = Area.of([5, 45, 11, 48]);
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

const point = (x: number, y: number) => ({ type: 'Point', coordinates: [x, y] });
const feature = (geometry: unknown, rest: object = {}) => ({
  type: 'Feature',
  ...rest,
  properties: {},
  geometry,
});
const collection = (features: unknown[], rest: object = {}) => ({
  type: 'FeatureCollection',
  ...rest,
  features,
});

/** The part of the message that is within the area, as JSON text; null if nothing is left. */
function seen(content: unknown, area = BOX): string | null {
  return GeoMessage.parse(JSON.stringify(content)).within(area)?.text ?? null;
}

function rectangle(minX: number, minY: number, maxX: number, maxY: number): number[][] {
  return [
    [minX, minY],
    [maxX, minY],
    [maxX, maxY],
    [minX, maxY],
    [minX, minY],
  ];
}

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

  it('keeps to the options of an area in its text, and tells areas with different options apart', () => {
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

  /** The same box as an area of each kind. */
  const EACH_KIND = [
    ['a box', BOX],
    ['a polygon', Area.of({ type: 'Polygon', coordinates: [rectangle(5, 45, 11, 48)] })],
    [
      'many polygons',
      Area.of({
        type: 'MultiPolygon',
        coordinates: [[rectangle(5, 45, 11, 48)], [rectangle(100, -80, 101, -79)]],
      }),
    ],
  ] as const;

  describe.each(EACH_KIND)('of %s', (_, area) => {
    const turns = (n: number, x: number): number => x + 360 * n;

    // By construction: in degrees of one turn, every place below is in the box 5..11, 45..48, or is not.
    it.each([
      [
        'points',
        {
          type: 'MultiPoint',
          coordinates: [
            [20, 46],
            [turns(9, 20), 46],
            [turns(-9, 4), 46],
          ],
        },
      ],
      [
        'points above and below',
        {
          type: 'MultiPoint',
          coordinates: [
            [7, 44],
            [turns(20, 7), 49],
          ],
        },
      ],
      [
        'lines',
        {
          type: 'MultiLineString',
          coordinates: [
            [
              [20, 46],
              [300, 46],
            ],
            [
              [turns(9, 20), 46],
              [turns(9, 300), 46],
            ],
          ],
        },
      ],
      [
        'a line of many turns',
        { type: 'LineString', coordinates: Array.from({ length: 60 }, (__, i) => [90 * i, 49]) },
      ],
      [
        'polygons',
        {
          type: 'MultiPolygon',
          coordinates: [[rectangle(20, 40, 300, 50)], [rectangle(turns(9, 20), 40, turns(9, 300), 50)]],
        },
      ],
      [
        'a mixture',
        {
          type: 'GeometryCollection',
          geometries: [
            point(20, 46),
            { type: 'Polygon', coordinates: [rectangle(turns(10, 12), 0, turns(10, 300), 50)] },
          ],
        },
      ],
    ])('is empty for a geometry that is wider than eight turns and is nowhere in it: %s', (__, geometry) => {
      expect(seen(feature(geometry), area)).toBeNull();
    });

    it.each([
      [
        'points',
        {
          type: 'MultiPoint',
          coordinates: [
            [20, 46],
            [turns(9, 20), 46],
            [turns(-9, 7), 46],
          ],
        },
      ],
      [
        'a line of many turns',
        { type: 'LineString', coordinates: Array.from({ length: 60 }, (__, i) => [90 * i, 46]) },
      ],
      [
        'polygons',
        {
          type: 'MultiPolygon',
          coordinates: [[rectangle(20, 40, 300, 50)], [rectangle(turns(9, 4), 40, turns(9, 300), 50)]],
        },
      ],
      ['a point, eleven turns away', point(turns(11, 7), 46)],
    ])('is all of a geometry that is wider than eight turns and is somewhere in it: %s', (__, geometry) => {
      expect(seen(feature(geometry), area)).toBe(JSON.stringify(feature(geometry)));
    });
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
      { seed: 20_260_101, numRuns: 1500 },
    );
  });
});

function isEmptyCollection(value: unknown): boolean {
  return (value as { features?: unknown[] } | null)?.features?.length === 0;
}

describe('Area.of', () => {
  const ring = [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 0],
  ];

  it.each([
    null,
    'CH',
    {},
    [],
    [1, 2, 3],
    [1, 2, 3, 4, 5],
    [1, 2, 3, '4'],
    [0, 5, 1, 4],
    [0, 0, 1, 91],
    [-541, 0, 1, 1],
    { type: 'Point', coordinates: [1, 2] },
    { type: 'Polygon' },
    { type: 'Polygon', coordinates: [] },
    { type: 'Polygon', coordinates: [[]] },
    { type: 'Polygon', coordinates: [ring.slice(1)] },
    {
      type: 'Polygon',
      coordinates: [
        ring,
        [
          [0, 0],
          [1, 1],
        ],
      ],
    },
    {
      type: 'Polygon',
      coordinates: [
        [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 1],
        ],
      ],
    },
    {
      type: 'Polygon',
      coordinates: [
        [
          [0, 0],
          [1, 'x'],
          [1, 1],
          [0, 0],
        ],
      ],
    },
    { type: 'MultiPolygon', coordinates: [ring] },
    { type: 'Feature', geometry: { type: 'Polygon', coordinates: [ring] } },
  ])('refuses %j, and says what is valid', (value) => {
    expect(() => Area.of(value)).toThrow(
      /the area cannot be read; it must be \[minX.*Polygon or MultiPolygon/u,
    );
  });

  it('refuses more vertices than the bound, and says what to do', () => {
    const round = (vertices: number): number[][] => {
      const open = Array.from({ length: vertices - 1 }, (_, i) => {
        const angle = (2 * Math.PI * i) / (vertices - 1);
        return [Math.cos(angle), Math.sin(angle)];
      });
      return [...open, ...open.slice(0, 1)];
    };
    const polygon = (...rings: number[][][]) => ({ type: 'Polygon', coordinates: rings });
    expect(() => Area.of(polygon(round(10_000)))).not.toThrow();
    expect(() => Area.of(polygon(round(10_001)))).toThrow(
      'the area has 10001 vertices; it may have at most 10000, so simplify it',
    );
    expect(() => Area.of(polygon(round(6_000), round(5_000)))).toThrow('11000 vertices');
    const parts = { type: 'MultiPolygon', coordinates: [[round(6_000)], [round(5_000)]] };
    expect(() => Area.of(parts)).toThrow('11000 vertices');
  });

  it('gives equal areas the same id, and different areas different ids', () => {
    expect(Area.of({ type: 'Polygon', coordinates: [ring] }).id).toBe(
      Area.of({ type: 'Polygon', coordinates: [ring] }).id,
    );
    expect(Area.of([0, 0, 1, 1]).id).not.toBe(Area.of([0, 0, 1, 2]).id);
  });
});
