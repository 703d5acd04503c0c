import { fc } from '@viaduct/testkit/properties';
import { describe, expect, it } from 'vitest';
import { type Bbox, BoxIndex, type Crs, GeoMessage, resolveCrs } from '../src/index.js';

const METRES_PER_DEGREE = (2 * Math.PI * 6_378_137) / 360;

function parse(type: string, coordinates: unknown): GeoMessage {
  return GeoMessage.parse(JSON.stringify({ type, coordinates }));
}

function rendered(message: GeoMessage, crs: Crs): unknown {
  return JSON.parse(message.render({ crs, axisOrder: 'xy', precision: null })).coordinates;
}

/** x of all positions, in order. */
function xOf(coordinates: unknown): number[] {
  const numbers = coordinates as readonly unknown[];
  return typeof numbers[0] === 'number' ? [numbers[0]] : numbers.flatMap(xOf);
}

function degreesOf(message: GeoMessage, crs: Crs): number[] {
  return xOf(rendered(message, crs)).map((x) => (x / crs.turn) * 360);
}

const near = (wanted: readonly number[]) => wanted.map((n) => expect.closeTo(n, 6));

describe('a geometry across the edge of a world that wraps', () => {
  it('is whole from the first vertex that has a place', async () => {
    const crs = await resolveCrs('epsg:3857');
    const line = parse('LineString', [
      [0, -1e300],
      [179.2, 0],
      [181.3, 1],
    ]);
    const metres = (degrees: number) => degrees * METRES_PER_DEGREE;
    const box = (west: number, east: number) => ({
      minX: metres(west),
      minY: -1e6,
      maxX: metres(east),
      maxY: 1e6,
    });
    expect(line.intersects(box(180.5, 181), crs)).toBe(true);
    expect(line.intersects(box(-179.5, -179), crs)).toBe(true);
    expect(line.intersects(box(-1, 1), crs)).toBe(false);
    const index = new BoxIndex<string>(crs);
    index.set('all', { minX: -1e308, minY: -1e308, maxX: 1e308, maxY: 1e308 });
    const found: string[] = [];
    index.match(line, (name) => found.push(name));
    expect(found).toEqual(['all']);
  });

  it.each([
    [
      'a line, to the east',
      'LineString',
      [
        [179.2, 0],
        [181.3, 1],
      ],
      [179.2, 181.3],
    ],
    [
      'a line, to the west',
      'LineString',
      [
        [-179, 0],
        [-182, 1],
      ],
      [-179, -182],
    ],
    [
      'a line that begins in another turn',
      'LineString',
      [
        [539.2, 0],
        [541.3, 1],
      ],
      [179.2, 181.3],
    ],
    [
      'a line that is drawn the long way',
      'LineString',
      [
        [179, 0],
        [-179, 1],
      ],
      [179, -179],
    ],
    [
      'lines, each separately',
      'MultiLineString',
      [
        [
          [179, 0],
          [181, 0],
        ],
        [
          [181, 0],
          [183, 0],
        ],
      ],
      [179, 181, -179, -177],
    ],
    [
      'points, each separately',
      'MultiPoint',
      [
        [179, 0],
        [181, 0],
      ],
      [179, -179],
    ],
    [
      'a polygon and its hole',
      'Polygon',
      [
        [
          [178, 0],
          [186, 0],
          [186, 8],
          [178, 0],
        ],
        [
          [183, 1],
          [185, 1],
          [185, 3],
          [183, 1],
        ],
      ],
      [178, 186, 186, 178, 183, 185, 185, 183],
    ],
    [
      'the whole world',
      'Polygon',
      [
        [
          [-180, 0],
          [180, 0],
          [180, 8],
          [-180, 0],
        ],
      ],
      [-180, 180, 180, -180],
    ],
  ])('is whole: %s', async (_what, type, coordinates, wanted) => {
    for (const name of ['epsg:3857', 'epsg:3395', 'epsg:4087', 'epsg:6933', 'epsg:4258', 'epsg:4314']) {
      const crs = await resolveCrs(name);
      const degrees = degreesOf(parse(type, coordinates), crs);
      // DHDN, EPSG:4314, is some arc seconds away from WGS 84.
      if (name === 'epsg:4314')
        for (const [i, n] of degrees.entries()) expect(n).toBeCloseTo(wanted[i] as number, 2);
      else expect(degrees).toEqual(near(wanted));
    }
  });

  it('is whole across the edge of its CRS, which for 3832 is in the Atlantic', async () => {
    const crs = await resolveCrs('epsg:3832');
    const line = parse('LineString', [
      [-31, 0],
      [-29, 0],
    ]);
    expect(degreesOf(line, crs)).toEqual(near([179, 181]));
    expect(
      degreesOf(
        parse('LineString', [
          [179, 0],
          [181, 0],
        ]),
        crs,
      ),
    ).toEqual(near([29, 31]));
  });

  it('is unchanged in EPSG:4326', async () => {
    const line = parse('LineString', [
      [539.2, 0],
      [541.3, 1],
    ]);
    expect(line.render({ crs: await resolveCrs('epsg:4326'), axisOrder: 'xy', precision: null })).toBe(
      line.text,
    );
  });
});

/** Whether a box in Web Mercator holds a message; an index must agree. */
function isIn(message: GeoMessage, box: Bbox, crs: Crs): boolean {
  const index = new BoxIndex<string>(crs);
  index.set('box', box);
  let found = 0;
  index.match(message, () => found++);
  expect(found).toBe(message.intersects(box, crs) ? 1 : 0);
  return found === 1;
}

describe('the box test', () => {
  const across = (west: number, east: number): Bbox => ({
    minX: west * METRES_PER_DEGREE,
    minY: -1e5,
    maxX: east * METRES_PER_DEGREE,
    maxY: 1e6,
  });

  it.each([
    ['at Greenwich', 0, 1, false],
    ['on the west of the edge', 179, 179.5, true],
    ['on the east of the edge', -179.5, -179, true],
    ['further east', -178.6, -170, false],
    ['across the edge', 179.9, 180.1, true],
    ['of another world', 540.5, 541, true],
  ])('knows the copies of a line across the edge: a box %s', async (_where, west, east, wanted) => {
    const crs = await resolveCrs('epsg:3857');
    expect(
      isIn(
        parse('LineString', [
          [179.2, 0],
          [181.3, 1],
        ]),
        across(west, east),
        crs,
      ),
    ).toBe(wanted);
  });

  it('gives the same answer in Web Mercator as in degrees, along the equator', async () => {
    const crs = await resolveCrs('epsg:3857');
    const degrees = await resolveCrs('epsg:4326');
    const lon = fc.integer({ min: -400, max: 400 });
    fc.assert(
      fc.property(
        fc.array(lon, { minLength: 2, maxLength: 4 }),
        lon,
        fc.integer({ min: 1, max: 100 }),
        (lons, west, width) => {
          const line = parse(
            'LineString',
            lons.map((at) => [at, 0]),
          );
          const [left, right] = [west + 0.5, west + 0.5 + width];
          const box = { minX: left, minY: -1, maxX: right, maxY: 1 };
          expect(isIn(line, across(left, right), crs)).toBe(line.intersects(box, degrees));
        },
      ),
      { numRuns: 500 },
    );
  });
});
