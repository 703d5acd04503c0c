/**
 * Long tasks of pages with many points that move, in Chromium: `npx tsc -b && node packages/client/bench/long-tasks.mjs`.
 *
 * A gateway serves a page with 2,000, then 5,000, then 20,000 points, of which 2,000 a second move by about five pixels, once for
 * each map, with and without smooth movement. The long tasks, of more than 50 ms, are those that the page's own
 * PerformanceObserver reports, and so is the longest of them. Then the same is recorded. The further columns in milliseconds are the
 * most in one task of that record: the processor's time, which does not grow with the load of the machine; the time of the client
 * and its adapters themselves; of these with what the map does when they call it; of the map's own scripts; and of what remains, in
 * which the browser draws. Without a graphics card, the latter says nothing about other machines. Options:
 * --features 2000,5000,20000 --rate 2000 --seconds 10, and names of maps.
 */
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { launchBrowser } from '@viaduct/testkit/browser';
import { startGateway } from '@viaduct/testkit/gateway';
import { startLocalRedis } from '@viaduct/testkit/redis';
import { Redis } from 'ioredis';
import { build } from 'vite';
import { markdownTable } from './long-tasks-table.mjs';
import { CATEGORIES, tasksOf } from './main-thread.mjs';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));

/** Milliseconds between two batches of updates. */
const BATCH_MS = 20;

/** Seconds in which a page settles before it is measured. */
const WARM_UP_S = 5;

const { values, positionals } = parseArgs({
  options: {
    features: { type: 'string', default: '2000,5000,20000' },
    rate: { type: 'string', default: '2000' },
    seconds: { type: 'string', default: '10' },
  },
  allowPositionals: true,
});
const counts = values.features.split(',').map(Number);
/** Each number of trains has a channel of its own, so that a gateway keeps no trains of another one. @param {number} features */
const channelOf = (features) => `trains-${features}`;
const [rate, seconds] = [Number(values.rate), Number(values.seconds)];
const maps = positionals.length > 0 ? positionals : ['openlayers', 'webgl', 'points', 'maplibre'];

/** Builds the page; returns its folder. */
async function buildPage() {
  const folder = await mkdtemp(join(tmpdir(), 'viaduct-long-tasks-'));
  const alias = [
    { find: /^@viaduct\/client$/u, replacement: join(PACKAGE, 'dist/index.js') },
    { find: /^@viaduct\/client\/(.+)$/u, replacement: join(PACKAGE, 'dist/$1.js') },
  ];
  const output = {
    entryFileNames: 'page.js',
    chunkFileNames: '[name].js',
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [
        { name: 'maps', test: /node_modules/ },
        { name: 'client', test: /packages\/(?:client|protocol)\/dist\// },
      ],
    },
  };
  await build({
    configFile: false,
    logLevel: 'error',
    root: PACKAGE,
    resolve: { alias },
    // The address of a function says whose work it is.
    build: {
      minify: false,
      outDir: folder,
      emptyOutDir: false,
      rollupOptions: { input: 'bench/page.mjs', output },
    },
  });
  const maplibre = join(dirname(createRequire(import.meta.url).resolve('maplibre-gl/package.json')), 'dist');
  for (const file of ['maplibre-gl-worker.mjs', 'maplibre-gl-shared.mjs'])
    await copyFile(join(maplibre, file), join(folder, file));
  const style = '<style>body { margin: 0 } #map { width: 1200px; height: 800px }</style>';
  const html = `<!doctype html>${style}<div id="map"></div><script type="module" src="./page.js"></script>`;
  await writeFile(join(folder, 'index.html'), html);
  return folder;
}

/**
 * A train on its way round a circle, about five pixels further with each step, as text. The trains fill the view evenly.
 *
 * @param {number} id
 * @param {number} step
 * @param {number} features
 */
function train(id, step, features) {
  const angle = id * 7 + step;
  const [lon, lat] = [4.9 + 6.2 * ((id * 0.618034) % 1), 45.7 + (2.6 * id) / features];
  const coordinates = [lon + Math.cos(angle) / 33, lat + Math.sin(angle) / 33];
  return JSON.stringify({
    type: 'Feature',
    id,
    geometry: { type: 'Point', coordinates },
    properties: { heading: 0 },
  });
}

/** Updates the trains one after the other, at the rate. @param {Redis} redis @param {number} features @param {AbortSignal} signal */
async function publish(redis, features, signal) {
  const begun = performance.now();
  for (let sent = 0; !signal.aborted; await sleep(BATCH_MS)) {
    const pipeline = redis.pipeline();
    for (; sent < ((performance.now() - begun) / 1000) * rate; sent++) {
      const text = train(sent % features, Math.floor(sent / features) + 1, features);
      pipeline.hset(channelOf(features), sent % features, text).publish(channelOf(features), text);
    }
    await pipeline.exec();
  }
}

/**
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 * @param {number} features
 * @param {string} map
 * @param {boolean} isSmooth
 */
async function measure(browser, url, features, map, isSmooth) {
  const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
  await page.goto(`${url}/?channel=${channelOf(features)}&map=${map}${isSmooth ? '&smooth' : ''}`);
  await page.waitForFunction((count) => globalThis.bench.size() === count, features, { timeout: 120_000 });
  await sleep(WARM_UP_S * 1000);
  await page.evaluate(() => globalThis.bench.take());
  await sleep(seconds * 1000);
  const { longTasks, updates, steps, frames } = await page.evaluate(() => globalThis.bench.take());
  await browser.startTracing(page, { categories: CATEGORIES });
  await sleep(seconds * 1000);
  const tasks = tasksOf(await browser.stopTracing(), '/client.js');
  await page.close();
  const most = (/** @type {(task: import('./main-thread.mjs').Task) => number} */ of) =>
    tasks.length === 0 ? null : Math.round(Math.max(...tasks.map(of)));
  const perSecond = (/** @type {number} */ count) => Math.round(count / seconds);
  return {
    features,
    map,
    smooth: isSmooth,
    'long tasks': longTasks.length,
    'longest, ms': Math.round(Math.max(0, ...longTasks)),
    'CPU, ms': most(({ cpu }) => cpu),
    'client, ms': most(({ client }) => client),
    'client and what it calls, ms': most(({ called }) => called),
    'map, ms': most(({ map: own }) => own),
    'drawing, ms': most(({ all, client, map: own }) => all - client - own),
    'updates/s': perSecond(updates),
    'steps/s': perSecond(steps),
    'frames/s': perSecond(frames),
  };
}

const folder = await buildPage();
const server = await startLocalRedis();
const redis = new Redis(server.url);
const gateway = await startGateway({
  REDIS_URL: server.url,
  CHANNELS: counts.map(channelOf).join(','),
  PAGE_DIR: folder,
});
const browser = await launchBrowser();
const rows = [];
for (const features of counts) {
  const all = Array.from({ length: features }, (_, id) => [String(id), train(id, 0, features)]);
  await redis.hset(channelOf(features), Object.fromEntries(all));
  const end = new AbortController();
  const publishing = publish(redis, features, end.signal);
  for (const map of maps)
    for (const isSmooth of [false, true]) {
      const row = await measure(browser, gateway.url, features, map, isSmooth);
      console.error(JSON.stringify(row));
      rows.push(row);
    }
  end.abort();
  await publishing;
}
console.log(markdownTable(rows));
console.log(
  `load of the machine: ${loadavg()
    .map((load) => load.toFixed(1))
    .join(', ')}`,
);
await browser.close();
await gateway.stop();
redis.disconnect();
await server.stop();
await rm(folder, { recursive: true });
