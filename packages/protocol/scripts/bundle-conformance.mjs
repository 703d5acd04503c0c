// Run before the package is packed: writes dist/conformance/standalone.js, the suite with the packages that it needs, so
// that `npx @viaduct/protocol conformance` works by itself while those who use the protocol alone install nothing more.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const FOLDER = join(DIST, 'conformance');

/** Optional accelerators of `ws`, which does without them. */
const ABSENT = ['bufferutil', 'utf-8-validate'];

/** The folder of an installed package, at the start of a file's path. */
const PACKAGE_FOLDER = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/u;

const bundle = await rolldown({
  input: join(FOLDER, 'index.js'),
  platform: 'node',
  external: ABSENT,
});
const { output } = await bundle.write({
  file: join(FOLDER, 'standalone.js'),
  format: 'esm',
  codeSplitting: false,
});
await bundle.close();

const modules = output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
writeFileSync(join(FOLDER, 'standalone-licences.txt'), licences(modules));

/**
 * Names and licences of the packages that came into the bundle.
 *
 * @param {string[]} files
 * @returns {string}
 */
function licences(files) {
  const folders = new Set(files.map((file) => PACKAGE_FOLDER.exec(file)?.[0] ?? ''));
  folders.delete('');
  return [...folders].sort().map(licence).join('\n\n');
}

/**
 * @param {string} folder of a package
 * @returns {string}
 * @throws {Error} if it has no licence text, and so must not be passed on
 */
function licence(folder) {
  const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.\w+)?$/iu.test(entry));
  if (file === undefined) throw new Error(`${name} ${version} has no file with its licence`);
  return `== ${name} ${version} ==\n\n${readFileSync(join(folder, file), 'utf8').trim()}`;
}
