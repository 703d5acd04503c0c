import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { page } from '../../services/demo/tools/build-page.mjs';
import { bundle } from '../../services/gateway/tools/bundle.mjs';
import { ROOT, step } from './run.mjs';

export { ROOT } from './run.mjs';

/** Written to node_modules after an install: what it was made from. */
const STAMP = join(ROOT, 'node_modules', '.viaduct-install');

/**
 * A program that the workspace installs.
 *
 * @param {string} name
 * @returns {string} its absolute path
 */
export function localTool(name) {
  return join(ROOT, 'node_modules', '.bin', name);
}

/** The package manager: pnpm in the version that package.json pins, as an argument of `npx`. */
export const PNPM = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).packageManager.split('+')[0];

/** Installs the dependencies if they are missing, or were installed for another lockfile or another Node. */
export async function ensureInstalled() {
  const files = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json'].map((file) => join(ROOT, file));
  const platform = `${process.platform} ${process.arch} ${process.versions.modules}`;
  const wanted = [platform, ...files.map((file) => readFileSync(file, 'utf8'))].join('\n');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return;
  const args = ['install', '--frozen-lockfile', '--config.confirmModulesPurge=false'];
  await step('Installing dependencies (the first time may take a minute)', 'npx', ['-y', PNPM, ...args]);
  writeFileSync(STAMP, wanted);
}

/** Compiles and bundles what has changed. */
export async function compile() {
  await step('Compiling', localTool('tsc'), ['-b']);
  await buildOnce(bundle, 'Bundling the gateway', 'services/gateway/tools/bundle.mjs');
}

/**
 * Runs the script of a build that is not up to date, in its own process, because the bundler would stay in the memory of this
 * one.
 *
 * @param {import('./build-once.mjs').BuildOnce} build
 * @param {string} title
 * @param {string} script
 */
async function buildOnce(build, title, script) {
  if (!build.isUpToDate) await step(title, process.execPath, [join(ROOT, script)]);
}

/** Installs, compiles and builds what is missing; ends the process if that fails. */
export async function setUp() {
  try {
    await ensureInstalled();
    await compile();
    await buildOnce(page, 'Building the page', 'services/demo/tools/build-page.mjs');
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
