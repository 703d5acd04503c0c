import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SECRET, sign } from '@viaduct/testkit/credentials';
import { atEnd } from '@viaduct/testkit/teardown';
import type { Feature, FeatureCollection, Point } from 'geojson';
import { beforeAll, describe, expect, test } from 'vitest';
import { epsg, FeaturesClient, pointAt } from '../support/features-client.js';

// GDAL's driver for OGC API - Features is an implementation of its own, and PROJ computes its coordinates.

const run = promisify(execFile);

const COUNT = 20_000;

/** A grid over Switzerland, in which no point is on the edge of the boxes below. */
const FEATURES = Array.from({ length: COUNT }, (_, i) =>
  pointAt(`train ${i}`, 6 + (i % 200) / 50 + 0.001, 46 + Math.floor(i / 200) / 60 + 0.001, { number: i }),
);

let api: FeaturesClient;

beforeAll(async () => {
  api = await FeaturesClient.start({
    JWT_SECRET: SECRET,
    ANONYMOUS_CHANNELS: 'trains',
    CHANNELS: 'trains,secret',
    COLLECTIONS: '[{"id":"trains","crs":["epsg:2056"]}]',
  });
  for (let i = 0; i < COUNT; i += 5_000) await api.fill('trains', FEATURES.slice(i, i + 5_000));
  await api.fill('secret', FEATURES.slice(0, 3));
});

/** Runs a program of GDAL, and resolves with what it prints. */
async function gdal(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(program, args, { maxBuffer: 2 ** 26 });
  return stdout;
}

/** Reads a layer with GDAL into GeoJSON. */
async function read(layer: string, ...args: string[]): Promise<Feature<Point>[]> {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-gdal-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'read.geojson');
  await gdal(
    'ogr2ogr',
    '-f',
    'GeoJSON',
    '-lco',
    'RFC7946=NO',
    '-lco',
    'COORDINATE_PRECISION=9',
    file,
    `OAPIF:${api.root}`,
    layer,
    ...args,
  );
  return (JSON.parse(readFileSync(file, 'utf8')) as FeatureCollection<Point>).features as Feature<Point>[];
}

const numbersOf = (features: readonly Feature[]): unknown[] =>
  features.map(({ properties }) => properties?.number as number).sort((a, b) => a - b);

function isIn(
  { geometry }: Feature,
  [west, south, east, north]: readonly [number, number, number, number],
): boolean {
  const [x = 0, y = 0] = (geometry as Point).coordinates;
  return x >= west && x <= east && y >= south && y <= north;
}

describe('GDAL', () => {
  test('finds the collections and their number of features', async () => {
    expect(await gdal('ogrinfo', `OAPIF:${api.root}`)).toContain('trains');
    expect(await gdal('ogrinfo', '-so', '-oo', 'PAGE_SIZE=10000', `OAPIF:${api.root}`, 'trains')).toMatch(
      /Feature Count: 20000\b/u,
    );
  });

  test.each([['1000'], ['10000']])('reads all features once, with pages of %s', async (size) => {
    const features = await read('trains', '-oo', `PAGE_SIZE=${size}`);
    expect(numbersOf(features)).toEqual(Array.from({ length: COUNT }, (_, i) => i));
    const first = features.find(({ properties }) => properties?.number === 0);
    expect(first?.geometry.coordinates).toEqual([6.001, 46.001]);
  });

  test('reads those in a box', async () => {
    const box = [7, 46.5, 7.5, 47] as const;
    const features = await read('trains', '-oo', 'PAGE_SIZE=1000', '-spat', ...box.map(String));
    const expected = FEATURES.filter((feature) => isIn(feature, box));
    expect(expected.length).toBeGreaterThan(500);
    expect(numbersOf(features)).toEqual(numbersOf(expected));
  });

  test.each([
    ['EPSG:2056', epsg(2056), 0.001],
    ['EPSG:3857', epsg(3857), 0.001],
    ['EPSG:4326', epsg(4326), 1e-8],
  ])(
    'computes the coordinates in %s that the gateway sends, within a millimetre',
    async (name, crs, step) => {
      const box = '7.0,46.5,7.5,47.0';
      const computed = await read('trains', '-spat', ...box.split(','), '-t_srs', name);
      const byNumber = new Map(
        computed.map(({ properties, geometry }) => [properties?.number, geometry.coordinates]),
      );
      const sent = await api.items(`?bbox=${box}&limit=10000&crs=${encodeURIComponent(crs)}`);
      expect(sent.features.length).toBe(computed.length);
      // GeoJSON files of GDAL have longitude first, and so has the answer in other CRSs than EPSG:4326.
      const isSwapped = name === 'EPSG:4326';
      for (const { properties, geometry } of sent.features) {
        const [first = 0, second = 0] = (geometry as Point).coordinates;
        const [x = 0, y = 0] = byNumber.get(properties?.number) ?? [];
        const [ownX, ownY] = isSwapped ? [second, first] : [first, second];
        expect(Math.max(Math.abs(ownX - x), Math.abs(ownY - y))).toBeLessThanOrEqual(step);
      }
    },
  );

  test('reads with a token in a header', async () => {
    const token = await sign({ channels: ['secret'] });
    const header = ['--config', 'GDAL_HTTP_HEADERS', `Authorization: Bearer ${token}`];
    expect(await gdal('ogrinfo', ...header, '-so', `OAPIF:${api.root}`, 'secret')).toContain(
      'Feature Count: 3',
    );
    await expect(gdal('ogrinfo', '-so', `OAPIF:${api.root}`, 'secret')).rejects.toThrow();
  });
});
