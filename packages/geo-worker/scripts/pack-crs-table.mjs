/**
 * Packs a CRS table into data/crs-table.br: `node scripts/pack-crs-table.mjs TABLE.json ACCURACY.json`.
 *
 * TABLE.json is an object that maps EPSG codes to entries (their members: see data/README.md), ACCURACY.json is what
 * record-accuracy.py writes: it becomes the member `acc` of the entries that can be computed. The result is text, compressed with Brotli: one line for each entry, `CODE<tab>ENTRY AS JSON`, in ascending order of the
 * codes, so that a reader can find one entry without parsing the others.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';

const [source, accuracySource] = process.argv.slice(2);
if (source === undefined || accuracySource === undefined) {
  console.error('usage: node scripts/pack-crs-table.mjs TABLE.json ACCURACY.json');
  process.exit(2);
}
const accuracy = JSON.parse(readFileSync(accuracySource, 'utf8'));
const table = JSON.parse(readFileSync(source, 'utf8'));
const codes = Object.keys(table).map(Number);
const wrong = codes.filter((code) => !Number.isSafeInteger(code) || code <= 0);
if (wrong.length > 0) {
  throw new Error(
    `${source}: keys must be EPSG codes, positive whole numbers; found ${wrong.length} that are not`,
  );
}
codes.sort((a, b) => a - b);
const entryOf = (code) => (table[code].s === 'X' ? table[code] : { ...table[code], acc: accuracy[code] });
const text = codes.map((code) => `${code}\t${JSON.stringify(entryOf(code))}\n`).join('');
const packed = brotliCompressSync(text, {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
  },
});
const target = new URL('../data/crs-table.br', import.meta.url);
writeFileSync(target, packed);
console.log(`${codes.length} entries, ${text.length} bytes, packed into ${packed.length}`);
