import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atEnd } from '@viaduct/testkit/teardown';
import { build } from 'vite';

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));

/** The package as it is published, and not another copy of it. */
const ALIASES = [
  { find: /^@viaduct\/client$/u, replacement: join(PACKAGE, 'dist/index.js') },
  { find: /^@viaduct\/client\/(.+)$/u, replacement: join(PACKAGE, 'dist/$1.js') },
];

/** MapLibre looks for its worker beside the script of the page. */
const MAPLIBRE = join(dirname(createRequire(import.meta.url).resolve('maplibre-gl/package.json')), 'dist');
const MAPLIBRE_WORKER = ['maplibre-gl-worker.mjs', 'maplibre-gl-shared.mjs'];

const HTML = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Test</title>
    <link rel="icon" href="data:," />
    <style>#map { width: 600px; height: 400px; }</style>
  </head>
  <body><div id="map"></div><script type="module" src="./page.js"></script></body>
</html>`;

/** Whether a complaint is about the page, and not what Chromium says of drawing without a graphics card. */
export function isOfPage(complaint: string): boolean {
  return !complaint.includes('GL Driver Message');
}

/** Bundles a module with a map into a page of its own; returns the directory, which lasts as long as the file's tests. */
export async function buildPage(entry: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'viaduct-client-page-'));
  atEnd(() => rm(directory, { recursive: true, force: true }));
  await build({
    configFile: false,
    logLevel: 'error',
    root: PACKAGE,
    resolve: { alias: ALIASES },
    build: {
      outDir: directory,
      emptyOutDir: false,
      rollupOptions: { input: entry, output: { entryFileNames: 'page.js' } },
    },
  });
  for (const file of MAPLIBRE_WORKER) await copyFile(join(MAPLIBRE, file), join(directory, file));
  await writeFile(join(directory, 'index.html'), HTML);
  return directory;
}
