import { fc } from '@viaduct/testkit/properties';
import { beforeAll, describe, expect, it } from 'vitest';
import { DATA_CRS, GeoMessage, isIdentity, resolveCrs, type View } from '../src/index.js';
import { choices, geoJson, oddGeoJson, writeJson } from './support/arbitraries.js';
import { convert } from './support/object-way.js';

const degrees: View = { crs: DATA_CRS, axisOrder: 'xy', precision: null };
const swapped: View = { ...degrees, axisOrder: 'crs' };
let mercator: View;
let views: View[];

beforeAll(async () => {
  const [epsg3857, epsg2056, epsg4807] = await Promise.all(
    ['epsg:3857', 'epsg:2056', 'epsg:4807'].map(resolveCrs),
  );
  mercator = { ...degrees, crs: epsg3857 as View['crs'] };
  views = [
    mercator,
    { ...mercator, precision: 0.5 },
    { ...degrees, crs: epsg2056 as View['crs'] },
    { crs: epsg4807 as View['crs'], axisOrder: 'crs', precision: null },
    swapped,
    { ...degrees, precision: 0.01 },
  ];
});

const anyView = fc.nat().map((n) => () => views[n % views.length] as View);
const world = { minX: -180, minY: -90, maxX: 180, maxY: 90 };
const render = (value: unknown, view: View) =>
  JSON.parse(GeoMessage.parse(JSON.stringify(value)).render(view));

describe('edits of the text', () => {
  it('give the same result as converting the object', () => {
    fc.assert(
      fc.property(geoJson, choices, anyView, (value, how, view) => {
        const message = GeoMessage.parse(writeJson(value, how));
        expect(JSON.parse(message.render(view()))).toEqual(convert(message.value, view()));
      }),
      { numRuns: 800 },
    );
  });

  it('give the same result for almost valid GeoJSON', () => {
    fc.assert(
      fc.property(oddGeoJson, choices, anyView, (value, how, view) => {
        const message = GeoMessage.parse(writeJson(value, how));
        const expected = message.isGeo ? convert(message.value, view()) : JSON.parse(message.text);
        expect(JSON.parse(message.render(view()))).toEqual(expected);
      }),
      { numRuns: 800 },
    );
  });

  it('give the same result if members are repeated: the last one counts', () => {
    fc.assert(
      fc.property(oddGeoJson, choices, anyView, (value, how, view) => {
        const message = GeoMessage.parse(writeJson(value, how, true));
        const expected = message.isGeo ? convert(message.value, view()) : JSON.parse(message.text);
        expect(JSON.parse(message.render(view()))).toEqual(expected);
      }),
      { numRuns: 600 },
    );
  });

  it('change nothing but coordinates', async () => {
    const text = `{ "type":"Feature", "id":1.0,"geometry" :{"coordinates":[ 7.5 , 46.5, 4.30e2],"type":"Point"},
      "properties":{"n":1e2,"t":"\\u00e9\\/","coordinates":[1.50, 2.0],"bbox":[0,0,0,0]} , "x":-0.0}`;
    const [x, y] = render({ type: 'Point', coordinates: [7.5, 46.5] }, mercator).coordinates;
    expect(GeoMessage.parse(text).render(mercator)).toBe(
      text.replace('[ 7.5 , 46.5, 4.30e2]', `[${x},${y},430]`),
    );
  });

  it('find coordinates whose name is written with escapes', () => {
    const text = '{"type":"Point","\\u0063oordinates":[1,2]}';
    expect(GeoMessage.parse(text).render(swapped)).toBe('{"type":"Point","\\u0063oordinates":[2,1]}');
  });

  it('are not misled by another member with that name', () => {
    const text =
      '{"type":"Feature","properties":{"coordinates":[5,6]},"geometry":{"type":"Point","coordinates":[1,2]}}';
    expect(GeoMessage.parse(text).render(swapped)).toBe(text.replace('[1,2]', '[2,1]'));
  });
});

describe('the view that changes nothing', () => {
  it('gives every message byte for byte', () => {
    fc.assert(
      fc.property(oddGeoJson, choices, (value, how) => {
        const text = writeJson(value, how, true);
        expect(GeoMessage.parse(text).render(degrees)).toBe(text);
      }),
    );
  });

  it('is EPSG:4326, x before y, without a precision', () => {
    expect(isIdentity(degrees)).toBe(true);
    expect(isIdentity(swapped)).toBe(false);
    expect(isIdentity({ ...degrees, precision: 1e-8 })).toBe(false);
    expect(isIdentity(mercator)).toBe(false);
  });
});

describe('the axis order of the CRS', () => {
  it('swaps degrees without rounding them', () => {
    const feature = {
      type: 'LineString',
      coordinates: [
        [7.123456789012345, 46.1],
        [8, 47.000000000000014, 400],
      ],
    };
    expect(render(feature, swapped)).toEqual({
      type: 'LineString',
      coordinates: [
        [46.1, 7.123456789012345],
        [47.000000000000014, 8, 400],
      ],
    });
  });
});

describe('digits', () => {
  const nanoseconds = '1565578836000000123';

  it('of numbers after x and y stay, however many there are', () => {
    for (const [type, coordinates, wanted] of [
      ['Point', `[1,2,400.5,${nanoseconds}]`, `[2,1,400.5,${nanoseconds}]`],
      ['Point', `[1,2,${nanoseconds}]`, `[2,1,${nanoseconds}]`],
      [
        'MultiLineString',
        `[ [[1,2,3, ${nanoseconds}] , [3 ,4]], [], [[5,6,-7.5,9223372036854775807,1]]]`,
        `[[[2,1,3,${nanoseconds}],[4,3]],[],[[6,5,-7.5,9223372036854775807,1]]]`,
      ],
    ]) {
      const text = `{"type":"${type}","coordinates":${coordinates}}`;
      expect(GeoMessage.parse(text).render(swapped)).toBe(`{"type":"${type}","coordinates":${wanted}}`);
    }
  });

  it('of big numbers stay if members are repeated', () => {
    const text = `{"type":"Feature","id":${nanoseconds},"geometry":null,"properties":{"a":1,"t":${nanoseconds}},
      "geometry":{"coordinates":[],"type":"Point","coordinates":[1,2]},"x":{"y":1,"z":2,"y":3}}`;
    expect(GeoMessage.parse(text).render(swapped)).toBe(
      `{"type":"Feature","id":${nanoseconds},"properties":{"a":1,"t":${nanoseconds}},
      "geometry":{"type":"Point","coordinates":[2,1]},"x":{"z":2,"y":3}}`,
    );
  });
});

describe('geometry that cannot be projected', () => {
  const beyond = {
    type: 'LineString',
    coordinates: [
      [0, 0],
      [0, 95],
    ],
  };

  it('becomes null in a feature, and the rest of the feature stays', () => {
    const feature = { type: 'Feature', id: 7, properties: { a: 1 }, geometry: beyond };
    expect(render(feature, mercator)).toEqual({ ...feature, geometry: null });
  });

  it('makes the message null if it is a bare geometry', () => {
    expect(GeoMessage.parse(JSON.stringify(beyond)).render(mercator)).toBe('null');
  });

  it('makes its whole GeometryCollection null', () => {
    const point = { type: 'Point', coordinates: [0, 0] };
    const feature = {
      type: 'Feature',
      properties: {},
      geometry: { type: 'GeometryCollection', geometries: [point, beyond] },
    };
    expect(render(feature, mercator).geometry).toBeNull();
  });

  it('includes coordinates that are not positions, but not types that GeoJSON does not have', () => {
    expect(render({ type: 'LineString', coordinates: [[1, 2], 'x'] }, mercator)).toBeNull();
    const circle = {
      type: 'Feature',
      properties: null,
      geometry: { type: 'Circle', coordinates: [1, 2], radius: 3 },
    };
    expect(render(circle, mercator)).toEqual(circle);
  });

  it.each(['null', '[null,null]', '["x"]', '7'])(
    'includes the Point of a feature if its coordinates are %s',
    (coordinates) => {
      const feature = (geometry: string) => `{"type":"Feature","properties":{},"geometry":${geometry}}`;
      const text = feature(`{"type":"Point","coordinates":${coordinates}}`);
      expect(GeoMessage.parse(text).render(swapped)).toBe(feature('null'));
      expect(GeoMessage.parse(text).unlocated(mercator.crs)).toBe(1);
    },
  );

  it('is counted, feature by feature', () => {
    const features = [
      beyond,
      { type: 'Point', coordinates: [0, 0] },
      { type: 'Point', coordinates: ['a', 'b'] },
      null,
    ].map((geometry) => ({ type: 'Feature', properties: {}, geometry }));
    const message = GeoMessage.parse(JSON.stringify({ type: 'FeatureCollection', features }));
    expect(message.unlocated(mercator.crs)).toBe(2);
    expect(message.unlocated(DATA_CRS)).toBe(1);
  });

  it('never shows as a null, NaN or infinite coordinate', () => {
    const bad = '{"type":"MultiPoint","coordinates":[[1e400,0],[1,2]]}';
    expect(GeoMessage.parse(bad).render(mercator)).toBe('null');
    expect(GeoMessage.parse('{"type":"Point","coordinates":[0,0,1e400]}').render(mercator)).toBe(
      '{"type":"Point","coordinates":[0,0]}',
    );
    expect(GeoMessage.parse('{"type":"Point","coordinates":[0,0,5,null,6]}').render(mercator)).toBe(
      '{"type":"Point","coordinates":[0,0,5]}',
    );
  });
});

describe('members that describe the published coordinates', () => {
  it('are left out of every GeoJSON object, at any place in it', () => {
    const text = `{"bbox":[1,2,1,2],"type":"FeatureCollection","crs":{"type":"name"},"features":[
      {"type":"Feature","properties":{"bbox":"mine"},"bbox":[1,2,1,2] , "geometry":
      {"type":"Point","coordinates":[0,0],"bbox":[1,2,1,2]}}],"name":"n","bbox":[]}`;
    expect(GeoMessage.parse(text).render(mercator)).toBe(`{"type":"FeatureCollection","features":[
      {"type":"Feature","properties":{"bbox":"mine"} , "geometry":
      {"type":"Point","coordinates":[0,0]}}],"name":"n"}`);
  });
});

describe('a trimmed collection', () => {
  it('has the features that are in the box, in the coordinates of the view', () => {
    fc.assert(
      fc.property(
        geoJson,
        choices,
        anyView,
        fc.double({ min: -180, max: 180, noNaN: true }),
        (value, how, view, east) => {
          const message = GeoMessage.parse(writeJson(value, how));
          const box = { ...world, maxX: east };
          const inBox = (feature: unknown) =>
            GeoMessage.parse(JSON.stringify(feature)).intersects(box, DATA_CRS, view());
          const features = (message.value as { features?: unknown[] }).features ?? [];
          expect(JSON.parse(message.renderTrimmed(view(), box, DATA_CRS))).toEqual(
            convert(message.value, view(), (index) => inBox(features[index])),
          );
        },
      ),
      { numRuns: 600 },
    );
  });

  it('has the published bytes of the features in the view that changes nothing', () => {
    const far =
      '{"type":"Feature","properties":{"n":1.0},"geometry":{"type":"Point","coordinates":[50.0,5]}}';
    const near = '{"type":"Feature","bbox":[0,0,0,0],"geometry":{"type":"Point","coordinates":[1.50,2.0]}}';
    const collection = (features: string) =>
      `{"type":"FeatureCollection","features":[ ${features} ], "n":1e1}`;
    const message = GeoMessage.parse(collection(`${far}, ${near} ,${far}`));
    expect(message.renderTrimmed(degrees, { ...world, maxX: 10 }, DATA_CRS)).toBe(collection(near));
    expect(message.renderTrimmed(degrees, world, DATA_CRS)).toBe(message.text);
    expect(message.renderTrimmed(degrees, { ...world, maxX: -100 }, DATA_CRS)).toBe(collection(''));
  });

  it('loses its bbox, which its features no longer fill, but not its crs', () => {
    const at = (lon: number) =>
      `{"type":"Feature","bbox":[${lon},0,${lon},0],"geometry":{"type":"Point","coordinates":[${lon},0]}}`;
    const text = `{"type":"FeatureCollection","crs":{"type":"name"},"bbox":[0,0,50,0],"features":[${at(0)},${at(50)}]}`;
    const trimmed = `{"type":"FeatureCollection","crs":{"type":"name"},"features":[${at(0)}]}`;
    const message = GeoMessage.parse(text);
    expect(message.renderTrimmed(degrees, { ...world, maxX: 10 }, DATA_CRS)).toBe(trimmed);
    expect(message.renderTrimmed(degrees, world, DATA_CRS)).toBe(text);
  });

  it('is cut by a box in one CRS and written in another', () => {
    const at = (lon: number) => ({
      type: 'Feature',
      properties: {},
      geometry: { type: 'Point', coordinates: [lon, 0] },
    });
    const message = GeoMessage.parse(
      JSON.stringify({ type: 'FeatureCollection', features: [at(10), at(-10)] }),
    );
    const box = { minX: 0, minY: -1, maxX: 2e6, maxY: 1 };
    expect(JSON.parse(message.renderTrimmed(swapped, box, mercator.crs)).features).toEqual([
      { ...at(10), geometry: { type: 'Point', coordinates: [0, 10] } },
    ]);
  });
});

describe('texts that would exhaust the stack', () => {
  const deep = (depth: number, open: string, close: string, middle = '') =>
    open.repeat(depth) + middle + close.repeat(depth);

  it('are skipped if they are not read', () => {
    const text = `{"type":"Feature","properties":${deep(200_000, '[', ']')},"geometry":{"type":"Point","coordinates":[1,2]}}`;
    expect(GeoMessage.parse(text).render(swapped)).toBe(text.replace('[1,2]', '[2,1]'));
  });

  it('do not count as geometry: the depth of collections is bounded', () => {
    const point = '{"type":"Point","coordinates":[1,2]}';
    const nested = (depth: number) => deep(depth, '{"type":"GeometryCollection","geometries":[', ']}', point);
    expect(GeoMessage.parse(nested(20)).render(swapped)).toBe(nested(20).replace('[1,2]', '[2,1]'));
    expect(GeoMessage.parse(nested(20_000)).render(swapped)).toBe('null');
  });

  it('are also skipped if members are repeated', () => {
    const head = `{"type":"Feature","properties":${deep(200_000, '[', ']')},`;
    const text = `${head}"geometry":{"type":"Point","coordinates":[5,6]},"geometry":{"type":"Point","coordinates":[1,2]}}`;
    expect(GeoMessage.parse(text).render(swapped)).toBe(
      `${head}"geometry":{"type":"Point","coordinates":[2,1]}}`,
    );
  });
});
