import { fc } from '@viaduct/testkit/properties';
import { describe, expect, it } from 'vitest';
import { CrsError, DATA_CRS, resolveCrs } from '../src/index.js';
import { supported, table } from './support/table.js';

async function codeOf(name: string): Promise<string> {
  return resolveCrs(name).then(
    () => 'none',
    (error: unknown) => (error instanceof CrsError ? error.code : String(error)),
  );
}

describe('names', () => {
  it('resolve to the same object for the same CRS, however they are written', async () => {
    const names = ['epsg:2056', 'EPSG:2056', ' epsg:2056\n', 'Epsg:02056', 'epsg:2056'];
    const [first, ...others] = await Promise.all(names.map(resolveCrs));
    for (const other of others) expect(other).toBe(first);
    expect(first).toMatchObject({ id: 'epsg:2056', name: 'CH1903+ / LV95' });
    expect(await resolveCrs('EPSG:4326')).toBe(DATA_CRS);
  });

  it.each([
    '',
    'epsg',
    'epsg:',
    'epsg:0',
    'epsg:x',
    '2056',
    'epsg:20.5',
    'epsg:2056;3857',
    'epsg:9999999999',
    'esri:54030',
  ])('%j is unknown, and the message gives an example', async (name) => {
    await expect(resolveCrs(name)).rejects.toThrow(/does not name a CRS; .* such as epsg:3857/);
    expect(await codeOf(name)).toBe('unknown_crs');
  });

  it('that are not in the table are unknown, on every call', async () => {
    expect(await codeOf('epsg:1')).toBe('unknown_crs');
    expect(await codeOf('epsg:1')).toBe('unknown_crs');
    await expect(resolveCrs('epsg:4979')).rejects.toThrow(
      /epsg:4979 is not a projected or geographic 2D CRS/,
    );
  });

  it('never fail in another way, and errors stay short', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.string().map((end) => `epsg:${end}`),
          fc.string({ minLength: 1000 }),
        ),
        async (name) => {
          const error = await resolveCrs(name).catch((reason: unknown) => reason);
          if (error instanceof Error) {
            expect(error).toBeInstanceOf(CrsError);
            expect(error.message.length).toBeLessThan(400);
          }
        },
      ),
    );
  });
});

describe('the table', () => {
  it('has every code once, in ascending order', () => {
    const codes = table.map(([code]) => Number(code));
    expect(codes.length).toBeGreaterThan(6000);
    expect(codes).toEqual([...new Set(codes)].sort((a, b) => a - b));
  });

  it('has a finite place for the middle of the area of use of every CRS that it supports', async () => {
    const wrong: string[] = [];
    const out = new Float64Array(2);
    for (const [code, { a }] of supported) {
      const crs = await resolveCrs(`epsg:${code}`);
      const [west, south, east, north] = a;
      const placed = crs.project((west + (east < west ? east + 360 : east)) / 2, (south + north) / 2, out, 0);
      if (!placed || !out.every(Number.isFinite)) wrong.push(code);
    }
    expect(wrong).toEqual([]);
  });

  it('gives the reason for every CRS that it does not support', async () => {
    const refused = table.filter(([, { s }]) => s === 'X');
    expect(refused.length).toBeGreaterThan(0);
    for (const [code] of refused) {
      await expect(resolveCrs(`epsg:${code}`)).rejects.toThrow(/is not supported: .+; choose another CRS/);
      expect(await codeOf(`epsg:${code}`)).toBe('unsupported_crs');
    }
  });
});

/** Stated by the EPSG Dataset, v10.076: see scripts/record-accuracy.py. */
describe('a warning', () => {
  it.each([
    ['epsg:27700', /accurate to about 2 m$/],
    ['epsg:23032', /accurate to about 10 m$/],
    ['epsg:31467', /accurate to about 3 m$/],
    ['epsg:26918', /accurate to about 4 m$/],
    ['epsg:2163', /not known how its datum differs from WGS 84$/],
  ])('states the known accuracy of %s: %s', async (name, known) => {
    expect((await resolveCrs(name)).warning).toMatch(known);
  });

  it.each(['4326', '3857', '32632', '4087', '32662', '6933', '25832', '2154', '2056', '28992'])(
    'is not needed for epsg:%s, which is accurate to a metre',
    async (code) => {
      expect((await resolveCrs(`epsg:${code}`)).warning).toBeNull();
    },
  );

  it('names the CRS, and exists if coordinates are more than a metre from those of PROJ', async () => {
    for (const [code, { s }] of supported) {
      const { warning } = await resolveCrs(`epsg:${code}`);
      if (warning !== null) expect(warning).toMatch(new RegExp(`^epsg:${code} \\(.+\\) is approximate: `));
      else expect(s).not.toBe('C');
    }
  });
});

describe('units', () => {
  it.each([
    ['epsg:2056', 'metres', 0.001],
    ['epsg:2263', 'US survey feet', 0.001],
    ['epsg:3167', 'chains of 20 m', 0.00001],
    ['epsg:4326', 'degrees', 1e-8],
    ['epsg:4258', 'degrees', 1e-8],
    ['epsg:4807', 'grads', 1e-8],
  ])('%s is in %s, rounded to %d', async (name, _unit, precision) => {
    expect((await resolveCrs(name)).precision).toBe(precision);
  });

  it('of longitude repeat after a turn', async () => {
    const turns = await Promise.all(
      ['epsg:4326', 'epsg:4258', 'epsg:4807', 'epsg:2056'].map(async (n) => (await resolveCrs(n)).turn),
    );
    expect(turns).toEqual([360, 360, 400, 0]);
  });
});

describe('the operation', () => {
  it('is the most accurate one that is valid at the place', async () => {
    // DHDN has two: for the whole of Germany (3 m), and for the east alone (2 m).
    const crs = await resolveCrs('epsg:4314');
    const out = new Float64Array(2);
    const shiftAt = (lon: number, lat: number) => {
      crs.project(lon, lat, out, 0);
      return [(out[0] as number) - lon, (out[1] as number) - lat];
    };
    const [west, east] = [shiftAt(9.9199, 52), shiftAt(9.9201, 52)];
    expect(west[0]).not.toBeCloseTo(east[0] as number, 6);
    expect(shiftAt(9.9199, 52)[0]).toBeCloseTo(shiftAt(9.9198, 52)[0] as number, 6);
  });
});

describe('positions', () => {
  it.each(['epsg:4326', 'epsg:3857', 'epsg:2056', 'epsg:31467'])(
    'that are not finite or far too large have no place in %s',
    async (name) => {
      const crs = await resolveCrs(name);
      const out = new Float64Array(4);
      for (const [lon, lat] of [
        [Number.NaN, 0],
        [0, Number.NaN],
        [Number.POSITIVE_INFINITY, 0],
        [0, Number.NEGATIVE_INFINITY],
        [1e10, 0],
      ] as const) {
        expect(crs.project(lon, lat, out, 2)).toBe(false);
        expect([...out]).toEqual([0, 0, Number.NaN, Number.NaN]);
      }
    },
  );

  it.each(['epsg:3857', 'epsg:2056', 'epsg:4258'])('beyond the poles have no place in %s', async (name) => {
    expect((await resolveCrs(name)).project(8, 90.001, new Float64Array(2), 0)).toBe(false);
  });
});
