import { fc } from '@viaduct/testkit/properties';
import proj4 from 'proj4';
import { describe, expect, it } from 'vitest';
import { DATA_CRS, GeoMessage, resolveCrs } from '../src/index.js';

const DEFINITION =
  '+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +nadgrids=@null +wktext';

async function webMercator(lon: number, lat: number): Promise<[number, number]> {
  const out = new Float64Array(2);
  (await resolveCrs('epsg:3857')).project(lon, lat, out, 0);
  return [out[0] as number, out[1] as number];
}

describe('Web Mercator', () => {
  it('agrees with proj4js to a hundredth of a millimetre', async () => {
    const converter = proj4(DEFINITION);
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: -180, max: 180, noNaN: true }),
        fc.double({ min: -89.9, max: 89.9, noNaN: true }),
        async (lon, lat) => {
          const [x, y] = await webMercator(lon, lat);
          const [wantedX, wantedY] = converter.forward([lon, lat]) as [number, number];
          expect(Math.hypot(x - wantedX, y - wantedY)).toBeLessThan(1e-5);
        },
      ),
    );
  });

  it('grows with longitude and latitude', async () => {
    const lat = fc.integer({ min: -899_999_999, max: 899_999_998 }).map((n) => n / 1e7);
    await fc.assert(
      fc.asyncProperty(lat, async (south) => {
        const [west, low] = await webMercator(south, south);
        const [east, high] = await webMercator(south + 1e-7, south + 1e-7);
        expect(high).toBeGreaterThan(low);
        expect(east).toBeGreaterThan(west);
      }),
    );
  });

  it('is finite at the poles, and further away than any other place', async () => {
    const [, north] = await webMercator(0, 90);
    const [, nearly] = await webMercator(0, 89.999999999);
    expect(north).toBeGreaterThan(nearly);
    expect(north).toBeCloseTo(242_528_680.943743, 3);
    expect(await webMercator(0, -90)).toEqual([0, -north]);
  });

  it('has its origin exactly at longitude and latitude 0, so that a box that begins there holds it', async () => {
    expect(await webMercator(0, 0)).toEqual([0, 0]);
    const point = GeoMessage.parse('{"type":"Point","coordinates":[0,0]}');
    expect(point.intersects({ minX: 0, minY: 0, maxX: 1, maxY: 1 }, await resolveCrs('epsg:3857'))).toBe(
      true,
    );
  });

  it('repeats after a turn', async () => {
    expect((await webMercator(190, 10))[0]).toBeCloseTo((await webMercator(-170, 10))[0], 6);
    expect((await webMercator(180, 0))[0]).toBe(-(await webMercator(-180, 0))[0]);
  });

  it('has the same numbers under its older codes', async () => {
    for (const name of ['epsg:900913', 'epsg:3785']) {
      const out = new Float64Array(2);
      (await resolveCrs(name)).project(7.5, 46.5, out, 0);
      expect([...out]).toEqual(await webMercator(7.5, 46.5));
    }
  });
});

it('the data CRS does not change positions', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -360, max: 360, noNaN: true }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      (lon, lat) => {
        const out = new Float64Array(2);
        expect(DATA_CRS.project(lon, lat, out, 0)).toBe(true);
        expect(out).toEqual(Float64Array.of(lon, lat));
      },
    ),
  );
});
