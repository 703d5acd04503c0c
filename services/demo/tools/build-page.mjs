// Builds the page from page/ into dist/page with Vite: `node services/demo/tools/build-page.mjs`. Does nothing if it
// was built from the same files before. The packages that it imports must be compiled.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { BuildOnce, filesIn } from '../../../scripts/lib/build-once.mjs';

const DEMO = fileURLToPath(new URL('../', import.meta.url));

/** The built page. */
export const PAGE = join(DEMO, 'dist', 'page');

/** Records the sources of {@link PAGE}. */
const STAMP = join(DEMO, 'dist', 'page.stamp');

/** All sources of the page, except packages with a fixed version, which the lockfile represents. */
const SOURCES = [
  'page',
  'src',
  'tools/build-page.mjs',
  'package.json',
  '../../packages/client/src',
  '../../packages/protocol/src',
  '../../pnpm-lock.yaml',
];

/** Files that are worth compressing; fonts are compressed already. */
const COMPRESSIBLE = new Set(['.html', '.css', '.js', '.json', '.svg']);

/** Below this size, in bytes, compression gains nothing. */
const COMPRESS_FROM = 1024;

/** What {@link buildPage} builds. */
export const page = new BuildOnce(DEMO, { made: PAGE, stamp: STAMP, sources: SOURCES });

/**
 * Writes a compressed copy beside every file that is worth it, so that no server has to compress at each request.
 *
 * @param {string} folder
 */
function compress(folder) {
  for (const file of filesIn(folder)) {
    const content = readFileSync(file);
    if (content.length < COMPRESS_FROM || !COMPRESSIBLE.has(extname(file))) continue;
    const params = {
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
      [constants.BROTLI_PARAM_QUALITY]: 10,
    };
    writeFileSync(`${file}.br`, brotliCompressSync(content, { params }));
    writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
  }
}

/**
 * Renames a folder, unless an error with one of these codes says that it is unnecessary.
 *
 * @param {string} from
 * @param {string} to
 * @param {readonly string[]} harmless
 */
function rename(from, to, harmless) {
  try {
    renameSync(from, to);
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code === undefined || !harmless.includes(code)) throw error;
  }
}

/**
 * Replaces the page with a build as a whole, so that nobody receives half of it. If another process was faster, its
 * build stays, because it is from the same files.
 *
 * @param {string} made
 */
function putInPlace(made) {
  const old = `${made}-old`;
  rename(PAGE, old, ['ENOENT']);
  rename(made, PAGE, ['ENOTEMPTY', 'EEXIST']);
  rmSync(old, { recursive: true, force: true });
}

async function build() {
  const vite = await import('vite');
  const made = `${PAGE}-${process.pid}`;
  const root = join(DEMO, 'page');
  try {
    await vite.build({
      root,
      configFile: join(root, 'vite.config.ts'),
      logLevel: 'warn',
      build: { outDir: made },
    });
    compress(made);
    putInPlace(made);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

/** Builds the page if it is not up to date. */
export async function buildPage() {
  await page.run(build);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPage();
