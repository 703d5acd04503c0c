import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'vite';
import { expect, test } from 'vitest';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/** Bytes in the kB of the README. */
const KILOBYTE = 1000;

/** A module as a page would load it: bundled without what is external, minified. */
async function bundle(entry: string, external: RegExp): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: true,
      rollupOptions: {
        input: `${DIST}${entry}.js`,
        external: (id) => external.test(id),
        preserveEntrySignatures: 'strict',
      },
    },
  });
  const [output] = Array.isArray(result) ? result : [result];
  if (output === undefined || !('output' in output)) throw new Error('vite built nothing');
  return output.output[0].code;
}

/** Budgets of gzip and Brotli, in bytes, as the README states them. */
function budget(what: string): [number, number] {
  const row = README.split('\n').find((line) => line.startsWith(`| ${what} `));
  const [gzip, brotli] = [...(row ?? '').matchAll(/(\d+) kB/gu)].map(([, size]) => Number(size) * KILOBYTE);
  if (gzip === undefined || brotli === undefined) throw new Error(`README.md has no sizes of "${what}"`);
  return [gzip, brotli];
}

test.each([
  ['the client', 'index', /^$/u],
  ['the socket.io transport, with socket.io-client', 'socket-io', /^$/u],
  ['the OpenLayers adapter without OpenLayers', 'openlayers', /^ol\//u],
  ['the MapLibre adapter', 'maplibre', /^maplibre-gl$/u],
  ['the Leaflet adapter', 'leaflet', /^leaflet$/u],
  ['the deck.gl adapter', 'deck-gl', /^@deck\.gl\//u],
  ['smooth movement', 'smooth', /^$/u],
  ['the React hooks without React', 'react', /^react$|live-collection\.js$/u],
])('%s is within its size limit', async (what, entry, external) => {
  const code = await bundle(entry, external);
  const sizes = [gzipSync(code, { level: 9 }).length, brotliCompressSync(code).length];
  const [gzip, brotli] = budget(what);
  for (const [size, limit] of [
    [sizes[0], gzip],
    [sizes[1], brotli],
  ]) {
    expect(size).toBeLessThanOrEqual(limit ?? 0);
    // A budget that is far from the truth tells nobody anything.
    expect(size).toBeGreaterThan((limit ?? 0) - 1.5 * KILOBYTE);
  }
});
