import { fc } from '@viaduct/testkit/properties';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Bbox, BoxIndex, type Crs, decidedByEnvelope, GeoMessage, resolveCrs } from '../src/index.js';
import { doPortion } from '../src/portion-task.js';
import { supported } from './support/table.js';

/** Every projected CRS of the table that wraps, and a geographic one in each unit. */
let crss: Crs[];

beforeAll(async () => {
  const all = await Promise.all(supported.map(([code]) => resolveCrs(`epsg:${code}`)));
  crss = all.filter(({ id, turn, geographic }) =>
    geographic ? id === 'epsg:4258' || id === 'epsg:4807' : turn > 0,
  );
});

const anyCrs = fc.nat().map((n) => () => crss[n % crss.length] as Crs);
const degrees = fc.double({ min: -180, max: 180, noNaN: true });
const turns = fc.integer({ min: -3, max: 3 });
const point = (lon: number, lat: number) =>
  GeoMessage.parse(JSON.stringify({ type: 'Point', coordinates: [lon, lat] }));

function xAt(crs: Crs, lon: number): number {
  const out = new Float64Array(2);
  crs.project(lon, 0, out, 0);
  return out[0] as number;
}

function inIndex(message: GeoMessage, box: Bbox, crs: Crs): boolean {
  const index = new BoxIndex<string>(crs);
  index.set('box', box);
  let found = 0;
  index.match(message, () => found++);
  expect(found).toBeLessThanOrEqual(1);
  return found === 1;
}

async function byEnvelope(message: GeoMessage, box: Bbox, crs: Crs): Promise<boolean | null> {
  const view = { crs: crs.id, axisOrder: 'xy', precision: null } as const;
  const task = { texts: [message.text], view, area: null, boxCrs: crs.id };
  const { envelopes } = await doPortion({ kind: 'portion', ...task, frame: { room: 0, head: '', tail: '' } });
  const [minX = 0, minY = 0, maxX = 0, maxY = 0] = envelopes ?? [];
  return decidedByEnvelope({ minX, minY, maxX, maxY }, box, crs);
}

describe('the CRSs that wrap', () => {
  it('are the cylindrical ones: x repeats after the width of the world', () => {
    const widths = new Map(crss.map(({ id, turn }) => [id, turn]));
    for (const [id, width] of [
      // 2 pi times the radius or semi-major axis, times the scale of the standard parallel.
      ['epsg:3857', 2 * Math.PI * 6_378_137],
      ['epsg:3395', 2 * Math.PI * 6_378_137],
      ['epsg:3832', 2 * Math.PI * 6_378_137],
      ['epsg:4088', 2 * Math.PI * 6_371_007],
      ['epsg:3410', 2 * Math.PI * 6_371_228 * Math.cos(Math.PI / 6)],
      ['epsg:4807', 400],
    ] as const) {
      expect(widths.get(id)).toBeCloseTo(width, 5);
    }
    expect(widths.has('epsg:8857')).toBe(false);
  });
});

describe('a box in a CRS that wraps', () => {
  it('holds the longitudes from its left to its right side, in whichever world it is', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyCrs,
        degrees,
        fc.double({ min: 0.01, max: 359.9, noNaN: true }),
        degrees,
        turns,
        turns,
        async (choose, west, width, lon, boxTurns, dataTurns) => {
          const crs = choose();
          const east = ((lon - west) % 360) + (lon < west ? 360 : 0);
          // Rounding and datum shifts move things by less.
          fc.pre(Math.min(east, Math.abs(east - width), 360 - east) > 0.02);
          const [left, right] = [xAt(crs, west), xAt(crs, west + width)];
          const message = point(lon + 360 * dataTurns, 0);
          const shift = boxTurns * crs.turn;
          for (const maxX of [right, right + crs.turn, right - crs.turn]) {
            // A box wider than a turn holds every position.
            if (maxX - left > crs.turn) continue;
            const box = { minX: left + shift, minY: -1e7, maxX: maxX + shift, maxY: 2e7 };
            expect(message.intersects(box, crs)).toBe(east < width);
            expect(inIndex(message, box, crs)).toBe(east < width);
            expect([east < width, null]).toContain(await byEnvelope(message, box, crs));
          }
        },
      ),
      { numRuns: 600 },
    );
  });

  it.each([
    ['across the edge', [-179.5, -18], { minX: 19_500_000, minY: -3e6, maxX: 20_500_000, maxY: -1e6 }],
    ['once around', [8.54, 47.38], { minX: 41_000_000, minY: 5.8e6, maxX: 41_500_000, maxY: 6.2e6 }],
    [
      'a hundred times around',
      [8.54, 47.38],
      { minX: 4_008_400_000, minY: 5.8e6, maxX: 4_008_500_000, maxY: 6.2e6 },
    ],
    [
      'with left beyond right',
      [-179.5, -18],
      { minX: 19_500_000, minY: -3e6, maxX: -19_500_000, maxY: -1e6 },
    ],
    ['of several turns', [100, -18], { minX: -1e8, minY: -3e6, maxX: 1e8, maxY: -1e6 }],
  ])('in Web Mercator, %s', async (_name, [lon, lat], box) => {
    const crs = await resolveCrs('epsg:3857');
    const message = point(lon as number, lat as number);
    const south = { ...box, minY: box.minY - 1e7, maxY: box.minY - 5e6 };
    for (const [at, isIn] of [
      [box, true],
      [south, false],
    ] as const) {
      expect(message.intersects(at, crs)).toBe(isIn);
      expect(inIndex(message, at, crs)).toBe(isIn);
    }
  });

  it('begins and ends at delivered coordinates, beyond the edge, too', async () => {
    const crs = await resolveCrs('epsg:3857');
    const message = point(180, 0);
    const { coordinates } = JSON.parse(message.render({ crs, axisOrder: 'xy', precision: null }));
    // Rounded to a millimetre, the edge of the world is beyond itself.
    expect(coordinates).toEqual([20_037_508.343, 0]);
    for (const box of [
      { minX: 20_037_508.343, minY: 0, maxX: 20_037_509, maxY: 1 },
      { minX: 20_037_000, minY: -1, maxX: 20_037_508.343, maxY: 0 },
    ]) {
      expect(message.intersects(box, crs)).toBe(true);
      expect(inIndex(message, box, crs)).toBe(true);
    }
  });
});
