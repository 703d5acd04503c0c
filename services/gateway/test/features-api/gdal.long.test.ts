import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SECRET, sign } from '@viaduct/testkit/credentials';
import { RunningProgram } from '@viaduct/testkit/running-program';
import { atEnd } from '@viaduct/testkit/teardown';
import { until } from '@viaduct/testkit/wait';
import type { Feature, FeatureCollection, Point } from 'geojson';
import { beforeAll, describe, expect, test } from 'vitest';
import { epsg, FeaturesClient, pointAt } from '../support/features-client.js';

// GDAL's driver for OGC API - Features is an implementation of its own, and PROJ computes its coordinates.

const run = promisify(execFile);

const COUNT = 100_000;

/** A grid over Switzerland, in which no point is on the edge of the boxes below. */
const FEATURES = Array.from({ length: COUNT }, (_, i) =>
  pointAt(`train ${i}`, 6 + (i % 400) / 100 + 0.001, 46 + Math.floor(i / 400) / 150 + 0.001, { number: i }),
);

let api: FeaturesClient;

beforeAll(async () => {
  api = await FeaturesClient.start({
    JWT_SECRET: SECRET,
    ANONYMOUS_CHANNELS: 'trains,ships',
    CHANNELS: 'trains,secret,ships',
    HEARTBEAT_MS: '200',
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

/** The path of a file that is removed after the test. */
function fileIn(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-gdal-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, name);
}

/** Reads a layer of the API, or a data source of another driver, with GDAL into GeoJSON. */
async function read(source: string, ...args: string[]): Promise<Feature<Point>[]> {
  const file = fileIn('read.geojson');
  await gdal(
    'ogr2ogr',
    '-f',
    'GeoJSON',
    '-lco',
    'RFC7946=NO',
    '-lco',
    'COORDINATE_PRECISION=9',
    file,
    ...(source.includes(':') ? [source] : [`OAPIF:${api.root}`, source]),
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
      /Feature Count: 100000\b/u,
    );
  });

  test('reads all features once, in many pages', async () => {
    const features = await read('trains', '-oo', 'PAGE_SIZE=2000');
    expect(numbersOf(features)).toEqual(Array.from({ length: COUNT }, (_, i) => i));
    const first = features.find(({ properties }) => properties?.number === 0);
    expect(first?.geometry.coordinates).toEqual([6.001, 46.001]);
  });

  test('reads those in a box', async () => {
    const box = [7, 46.5, 7.5, 47] as const;
    const features = await read('trains', '-oo', 'PAGE_SIZE=10000', '-spat', ...box.map(String));
    const expected = FEATURES.filter((feature) => isIn(feature, box));
    expect(expected.length).toBeGreaterThan(500);
    expect(numbersOf(features)).toEqual(numbersOf(expected));
  });

  test.each([
    ['EPSG:2056', epsg(2056), 0.001],
    ['EPSG:3857', epsg(3857), 0.001],
    // This is a millimetre along a meridian.
    ['EPSG:4326', epsg(4326), 9e-9],
  ])(
    'computes the coordinates in %s that the gateway sends, within a millimetre',
    async (name, crs, step) => {
      const box = '7.0,46.5,7.5,47.0';
      const paged = ['-oo', 'PAGE_SIZE=1000'];
      const computed = await read('trains', ...paged, '-spat', ...box.split(','), '-t_srs', name);
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

  test('reads a snapshot that is a sequence, over HTTP and from a file', async () => {
    const box = [7, 46.5, 7.5, 47] as const;
    const expected = numbersOf(FEATURES.filter((feature) => isIn(feature, box)));
    const query = `?limit=10000&bbox=${box.join(',')}`;
    const address = `${api.root}/collections/trains/items${query}&f=seq`;
    const file = fileIn('snapshot.geojsons');
    writeFileSync(file, await (await api.ask(address)).text());
    for (const source of [address, file]) {
      const features = await read(`GeoJSONSeq:${source}`);
      expect(features.length).toBeGreaterThan(500);
      expect(numbersOf(features)).toEqual(expected);
    }
  });

  test('reads what was saved of a live sequence, heartbeats and removals included', async () => {
    const file = fileIn('live.geojsons');
    const address = `${api.root}/collections/ships/items?live=true`;
    new RunningProgram('curl', ['-sN', '-H', 'Accept: application/geo+json-seq', '-o', file, address]);
    const saved = (): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
    const publish = (feature: object) => api.redis.publish('ships', JSON.stringify(feature));
    // Nothing is sent before the first message: whether curl has its answer shows when the first one arrives.
    await until(
      async () => (await publish(pointAt('a', 7, 47, { number: 1 }))) && saved() !== '',
      'the feature',
    );
    await until(() => saved().includes('\n\x1e\x1e'), 'heartbeats', { state: saved });
    await publish(pointAt('b', 8, 47, { number: 2 }));
    await publish({ type: 'Feature', id: 'a', properties: null, geometry: null });
    await until(() => saved().includes('"geometry":null'), 'the removal', { state: saved });
    const features = await read(`GeoJSONSeq:${file}`);
    expect(features.slice(-2)).toMatchObject([
      { properties: { number: 2 }, geometry: { coordinates: [8, 47] } },
      { geometry: null },
    ]);
    expect(features[0]).toMatchObject({
      properties: { number: 1 },
      geometry: { coordinates: [7, 47] },
    });
  });

  test('reads with a token in a header', async () => {
    const token = await sign({ channels: ['secret'] });
    const header = ['--config', 'GDAL_HTTP_HEADERS', `Authorization: Bearer ${token}`];
    expect(await gdal('ogrinfo', ...header, '-so', `OAPIF:${api.root}`, 'secret')).toContain(
      'Feature Count: 3',
    );
    await expect(gdal('ogrinfo', '-so', `OAPIF:${api.root}`, 'secret')).rejects.toThrow();
  });
});
