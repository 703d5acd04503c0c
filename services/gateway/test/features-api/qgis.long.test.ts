import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually } from '@viaduct/testkit/wait';
import { expect, test } from 'vitest';
import { FeaturesClient, pointAt } from '../support/features-client.js';

// QGIS has a provider of its own for OGC API - Features. QGIS is much too big to install for one test.

const SCRIPT = fileURLToPath(new URL('qgis_layer.py', import.meta.url));

const COUNT = 3_000;

/** A grid over Switzerland, in which no point is on the edge of the box below. */
const FEATURES = Array.from({ length: COUNT }, (_, i) =>
  pointAt(`train ${i}`, 6 + (i % 60) / 15 + 0.001, 46 + Math.floor(i / 60) / 30 + 0.001, { number: i }),
);

const BOX = [7, 46.5, 7.5, 47] as const;

/** The coordinates of the features in the box, by number. */
function inBox(features: readonly (typeof FEATURES)[number][]): Record<string, unknown> {
  const [west, south, east, north] = BOX;
  const found: Record<string, unknown> = {};
  for (const { geometry, properties } of features) {
    if (geometry.type !== 'Point') continue;
    const [x = 0, y = 0] = geometry.coordinates;
    if (x >= west && x <= east && y >= south && y <= north) found[String(properties?.number)] = [x, y];
  }
  return found;
}

/** A QGIS with the channel as a layer. Resolves with the function that runs a command of the script. */
function openLayer(python: string, root: string): (command: string) => Promise<unknown> {
  const env = { ...process.env, QT_QPA_PLATFORM: 'offscreen' };
  const qgis = spawn(python, [SCRIPT, root, 'trains'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  atEnd(() => void qgis.kill('SIGKILL'));
  const lines = createInterface({ input: qgis.stdout })[Symbol.asyncIterator]();
  return async (command) => {
    qgis.stdin.write(`${command}\n`);
    const { value, done } = (await lines.next()) as { value: string | undefined; done?: boolean };
    if (done === true || value === undefined) throw new Error(`QGIS has ended before it answered ${command}`);
    return JSON.parse(value) as unknown;
  };
}

const python = ['python3', '/usr/bin/python3'].find(
  (program) => spawnSync(program, ['-c', 'import qgis.core']).status === 0,
);

if (python !== undefined) {
  test('QGIS counts the features of a layer, draws those in its map, and shows their movements when it reloads', async () => {
    const api = await FeaturesClient.start();
    await api.fill('trains', FEATURES);
    const qgis = openLayer(python, api.root);
    expect(await qgis('count')).toBe(COUNT);
    const expected = inBox(FEATURES);
    expect(Object.keys(expected).length).toBeGreaterThan(50);
    expect(await qgis(`box ${BOX.join(' ')}`)).toEqual(expected);
    const moved = pointAt('train 0', 7.25, 46.75, { number: 0 });
    const text = JSON.stringify(moved);
    await api.redis.multi().hset('trains', 'train 0', text).publish('trains', text).exec();
    await eventually(async () => {
      await qgis('reload');
      expect(await qgis(`box ${BOX.join(' ')}`)).toEqual(inBox([moved, ...FEATURES.slice(1)]));
    });
  });
} else if (spawnSync('python3', ['--version']).status === 0) {
  test('QGIS is not installed (python3-qgis), so that its script can only be compiled', () => {
    const compile = 'import ast, sys; ast.parse(open(sys.argv[1]).read())';
    execFileSync('python3', ['-c', compile, SCRIPT]);
  });
} else {
  test.skip('QGIS is not installed, and neither is Python');
}
