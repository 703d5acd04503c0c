import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { step } from './progress.mjs';
import { mustRun, runTool } from './run.mjs';
import { tallyVitest } from './tally.mjs';
import { compile, localTool, ROOT } from './workspace.mjs';

/** @typedef {import('./tally.mjs').Tally} Tally */

/**
 * Compiles the workspace, and checks the types of tests and scripts.
 *
 * @returns {Promise<Tally>} of one
 */
export function checkTypes() {
  return check('types', async () => {
    await compile();
    await step('Checking the types of tests and scripts', () =>
      mustRun(localTool('tsc'), ['-p', 'tsconfig.test.json'], { cwd: ROOT }),
    );
  });
}

/**
 * Checks style, formatting and plain English.
 *
 * @returns {Promise<Tally>} of one
 */
export function checkLint() {
  return check('lint', () =>
    step('Linting', async () => {
      await mustRun(localTool('biome'), ['check', '--error-on-warnings', '.'], { cwd: ROOT });
      await mustRun('node', ['scripts/lint-prose.mjs'], { cwd: ROOT });
    }),
  );
}

/**
 * Runs the suites and shows their progress as it comes.
 *
 * @param {string[]} filters parts of file names, as vitest takes them; none for every suite
 * @returns {Promise<Tally>}
 */
export async function runSuites(filters) {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-test-'));
  const reportFile = join(folder, 'vitest.json');
  try {
    console.log('▸ Running the suites');
    const args = [
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${reportFile}`,
      ...filters,
    ];
    const { code } = await runTool(localTool('vitest'), args, { cwd: ROOT, show: true });
    return tallyVitest(existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, 'utf8')) : null, code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} name
 * @param {() => Promise<unknown>} work
 * @returns {Promise<Tally>} one passed, or one failed with what the tool said
 */
async function check(name, work) {
  try {
    await work();
    return { passed: 1, failed: 0, notes: [] };
  } catch (error) {
    return { passed: 0, failed: 1, notes: [`${name}: ${error instanceof Error ? error.message : error}`] };
  }
}
