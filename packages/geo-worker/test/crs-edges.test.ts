import { describe, expect, it } from 'vitest';
import type { SupportedEntry } from '../src/crs-table.js';
import { type Bbox, type Crs, GeoMessage, resolveCrs } from '../src/index.js';
import { placementOf } from '../src/projector.js';
import { methodOf, parameter, supported, unpacked } from './support/table.js';

/** Recorded by scripts/record-proj-edges.py, from PROJ 9.1.1: positions, and their coordinates in each CRS. */
const [positionLine = '', ...lines] = unpacked('test/data/proj-edges.br').trimEnd().split('\n');
const pair = (text: string) => text.split(',').map(Number) as [number, number];
const positions = positionLine.split(' ').map(pair);
const recorded = new Map(
  lines.map((line) => {
    const [code = '', meridian = '', ...places] = line.split(' ');
    return [code, { meridian: Number(meridian), places: places.map((at) => (at === '-' ? null : pair(at))) }];
  }),
);

const sine = (degrees: number) => Math.sin((degrees * Math.PI) / 180);
const cosine = (degrees: number) => Math.cos((degrees * Math.PI) / 180);

/** Whether a position is further than an angle from the centre of a projection. */
function isBeyond(degrees: number, entry: SupportedEntry, [east, lat]: readonly [number, number]): boolean {
  const lat0 = parameter(entry, 'lat_0') ?? 0;
  return sine(lat0) * sine(lat) + cosine(lat0) * cosine(lat) * cosine(east) < cosine(degrees);
}

/** Whether a position is the pole to which a cone opens, or the one opposite the pole of an azimuthal projection. */
function isFarPole(entry: SupportedEntry, [, lat]: readonly [number, number]): boolean {
  const north =
    (parameter(entry, 'lat_1') ?? 0) + (parameter(entry, 'lat_2') ?? 0) || parameter(entry, 'lat_0');
  return lat === -90 * Math.sign(north ?? 0);
}

/**
 * Whether PROJ has numbers outside the limits of a method, and the right answer is no place. Beyond a quarter of the globe,
 * positions fold over the map, mirrored. Poles are 10^14 metres or more away, or a line around the map.
 */
const SENSELESS: Record<string, (entry: SupportedEntry, at: readonly [number, number]) => boolean> = {
  somerc: (entry, at) => isBeyond(90, entry, at),
  cass: (entry, at) => isBeyond(90, entry, at),
  guam: (entry, at) => isBeyond(90, entry, at),
  nzmg: (entry, at) => isBeyond(20, entry, at),
  lcc: isFarPole,
  aea: isFarPole,
  stere: isFarPole,
};

const projected = supported.filter(([, entry]) => methodOf(entry) !== 'longlat');

describe('every projected CRS of the table', () => {
  it('agrees with PROJ on poles, edges and the far side, or has no place if that is meaningless', () => {
    const out = new Float64Array(2);
    const wrong: string[] = [];
    for (const [code, entry] of projected) {
      // An alias that the EPSG Dataset does not have.
      const { meridian, places } = recorded.get(code === '900913' ? '3857' : code) ?? {
        meridian: 0,
        places: [],
      };
      // Without a datum shift, as recorded.
      const { t: _t, ops: _ops, ...alone } = entry;
      const { project } = placementOf(alone);
      const isSenseless = SENSELESS[methodOf(entry)] ?? (() => false);
      for (const [i, at] of positions.entries()) {
        const wanted = places[i];
        const isPlaced = project(meridian + at[0], at[1], out, 0);
        if (wanted === null || isSenseless(entry, at)) {
          if (isPlaced) wrong.push(`${code} ${at}: ${out}, but nothing makes sense`);
          continue;
        }
        const [x, y] = wanted ?? [Number.NaN, Number.NaN];
        const distance = Math.hypot((out[0] as number) - x, (out[1] as number) - y);
        if (!(distance < 0.12 + 1e-8 * Math.hypot(x, y)))
          wrong.push(`${code} ${at}: ${out}, but PROJ ${wanted}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe('every CRS of the table', () => {
  it('has the same place in every turn of longitude', async () => {
    const wrong: string[] = [];
    const [first, other] = [new Float64Array(2), new Float64Array(2)];
    for (const [code] of supported) {
      const crs = await resolveCrs(`epsg:${code}`);
      // In EPSG:4326, longitudes stay as they were published.
      if (crs.isDataCrs) continue;
      const meridian = recorded.get(code)?.meridian ?? 0;
      for (const [east, lat] of positions) {
        const isPlaced = crs.project(meridian + east, lat, first, 0);
        for (const turn of [-720, -360, 360, 1080]) {
          if (crs.project(meridian + east + turn, lat, other, 0) !== isPlaced) wrong.push(`${code} ${turn}`);
          const apart = Math.hypot(
            (first[0] as number) - (other[0] as number),
            (first[1] as number) - (other[1] as number),
          );
          const size = Math.hypot(first[0] as number, first[1] as number);
          if (isPlaced && !(apart <= crs.precision + 1e-9 * size)) {
            wrong.push(`${code} ${meridian + east}, ${lat} ${turn}: ${first}, ${other}`);
          }
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it.each([
    [
      'along 180 degrees to the pole and back',
      [
        [180, -90],
        [-180, -90],
      ],
    ],
    [
      'cut a little before the pole',
      [
        [180, -89.99],
        [-180, -89.99],
      ],
    ],
    [
      'cut where Web Mercator is',
      [
        [180, -85.06],
        [-180, -85.06],
      ],
    ],
    ['by its coast alone', []],
  ])('is not painted over by Antarctica, published %s', async (_how, end) => {
    const coast = Array.from({ length: 73 }, (_, i) => [5 * i - 180, -72 + 6 * cosine(10 * i)]);
    const ring = [...coast, ...end, coast[0]];
    const painted: string[] = [];
    for (const coordinates of [ring, [...ring].reverse()]) {
      const message = GeoMessage.parse(JSON.stringify({ type: 'Polygon', coordinates: [coordinates] }));
      for (const [code, entry] of supported) {
        if (entry.a[1] < -59 || SCALED_DOWN.has(code)) continue;
        const crs = await resolveCrs(`epsg:${code}`);
        if (message.intersects(middleOf(entry, crs), crs)) painted.push(code);
      }
    }
    expect(painted).toEqual([]);
  });

  it('shows polygons around the middle of the map, across its edge and on the far side', async () => {
    const ringAt = (west: number, east: number, lat: number) =>
      Array.from({ length: 37 }, (_, i) => [west + ((east - west) * i) / 36, lat]);
    for (const [name, ring] of [
      ['epsg:3413', ringAt(-180, 180, 70)],
      ['epsg:2154', ringAt(-180, 180, 70)],
      ['epsg:3413', [...ringAt(10, 100, -60), [10, -60]]],
      ['epsg:3031', ringAt(-180, 180, -70)],
      ['epsg:3035', [...ringAt(160, 200, -40), ...ringAt(200, 160, -45), [160, -40]]],
    ] as const) {
      const crs = await resolveCrs(name);
      expect(GeoMessage.parse(JSON.stringify({ type: 'Polygon', coordinates: [ring] })).unlocated(crs)).toBe(
        0,
      );
    }
  });
});

/** A box of two kilometres in the middle of the area of use. */
function middleOf({ a: [west, south, east, north] }: SupportedEntry, crs: Crs): Bbox {
  const out = new Float64Array(2);
  crs.project((west + (east < west ? east + 360 : east)) / 2, (south + north) / 2, out, 0);
  const [x, y] = [out[0] as number, out[1] as number];
  const kilometre = 1e6 * crs.precision;
  return { minX: x - kilometre, minY: y - kilometre, maxX: x + kilometre, maxY: y + kilometre };
}

/** Two CRSs of San Francisco with a scale of a millionth in the EPSG Dataset of 2022: the earth is 40 metres wide there. */
const SCALED_DOWN = new Set(['6996', '6997']);

/** Values of PROJ 9.1.1: `cs2cs -f %.3f EPSG:4326 EPSG:code`, latitude first. */
describe('positions that were wrong in other programs', () => {
  it.each([
    ['26931', 180, 52, -2175814.664, 1123310.297],
    ['26931', -180, 52, -2175814.664, 1123310.297],
    ['5070', 114.738, 30, -9159562.151, 9927413.994],
    ['5070', 474.738, 30, -9159562.151, 9927413.994],
    ['4087', 0, -90, 0, -10018754.171],
    ['32662', 0, 90, 0, 10018754.171],
    ['3395', 10, 90, 1113194.908, 242485887.608],
    ['3832', 150, -90, 0, -242485887.608],
  ])('epsg:%s has %d %d at %d %d', async (code, lon, lat, x, y) => {
    const out = new Float64Array(2);
    expect((await resolveCrs(`epsg:${code}`)).project(lon, lat, out, 0)).toBe(true);
    expect(Math.hypot((out[0] as number) - x, (out[1] as number) - y)).toBeLessThan(0.002);
  });

  it('180 degrees is on the east side of a map, and -180 degrees on the west side', async () => {
    const crs = await resolveCrs('epsg:8857');
    const out = new Float64Array(4);
    crs.project(180, 0, out, 0);
    crs.project(-180, 0, out, 2);
    expect(out[0]).toBeCloseTo(17_243_959.062, 3);
    expect(out[2]).toBe(-(out[0] as number));
  });
});
