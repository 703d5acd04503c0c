import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isPageBuilt } from '../../services/demo/tools/build-page.mjs';
import { step } from './progress.mjs';
import { mustRun } from './run.mjs';
import { pinnedPnpm } from './versions.mjs';

/** The repository's root. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Builds the demo's page; a process of its own, because the bundler would stay in the memory of this one. */
const PAGE_BUILDER = join('services', 'demo', 'tools', 'build-page.mjs');

/** Left in node_modules after an install: says for which lockfile, Node and platform it was made. */
const STAMP = join('node_modules', '.viaduct-install');

/**
 * A tool that the workspace installs.
 *
 * @param {string} name
 * @returns {string} its absolute path
 */
export function localTool(name) {
  return join(ROOT, 'node_modules', '.bin', name);
}

/**
 * What an install depends on, as a short text: another lockfile or platform gives another fingerprint.
 *
 * @param {string} root
 * @returns {string}
 */
export function installFingerprint(root) {
  const hash = createHash('sha256');
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json'])
    hash.update(readFileSync(join(root, file)));
  return `${hash.digest('hex')} ${process.platform} ${process.arch} modules-${process.versions.modules}\n`;
}

/**
 * Whether the dependencies in place are those of the lockfile.
 *
 * @param {string} root
 * @returns {boolean}
 */
export function isInstalled(root) {
  const stamp = join(root, STAMP);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === installFingerprint(root);
}

/** Installs the dependencies where they are missing or not those of the lockfile; returns at once where they are. */
export async function ensureInstalled() {
  if (isInstalled(ROOT)) return;
  const { packageManager } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const pnpm = pinnedPnpm(packageManager);
  await step(`Installing dependencies with pnpm ${pnpm} (the first time may take a minute)`, () =>
    mustRun(
      'npx',
      ['-y', `pnpm@${pnpm}`, 'install', '--frozen-lockfile', '--config.confirmModulesPurge=false'],
      {
        cwd: ROOT,
      },
    ),
  );
  writeFileSync(join(ROOT, STAMP), installFingerprint(ROOT));
}

/**
 * Compiles what has changed since the last time.
 *
 * @throws {import('./run.mjs').ToolError} if the compiler finds a fault; its messages are in the error
 */
export async function compile() {
  await step('Compiling', () => mustRun(localTool('tsc'), ['-b'], { cwd: ROOT }));
}

/** Builds the demo's page if it is not up to date. */
export async function buildPage() {
  if (isPageBuilt()) return;
  await step('Building the page', () => mustRun(process.execPath, [PAGE_BUILDER], { cwd: ROOT }));
}
