import { step } from './progress.mjs';
import { mustRun } from './run.mjs';
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
 * Checks style, promises, imports, dead code and plain English.
 *
 * @returns {Promise<Tally>} of one
 */
export function checkLint() {
  return check('lint', () =>
    step('Linting', async () => {
      await mustRun('npm', ['run', 'lint'], { cwd: ROOT });
    }),
  );
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
