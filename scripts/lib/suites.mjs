import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run.mjs';
import { repeatFailures, tallyVitest } from './tally.mjs';
import { localTool } from './workspace.mjs';

/** The lanes of vitest.config.ts that run by default. */
export const QUICK_LANES = ['--project=quick', '--project=browser'];

const UNCAUGHT_REPORTER = fileURLToPath(new URL('uncaught-reporter.mjs', import.meta.url));

/**
 * Runs Vitest and counts what it reports, by files in an existing folder.
 *
 * @param {string} folder
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env] added to ours
 * @returns {Promise<import('./tally.mjs').Tally>}
 */
export async function runVitest(folder, args, env) {
  const [report, uncaught] = [join(folder, 'report.json'), join(folder, 'uncaught.json')];
  const reporters = ['--reporter=json', `--outputFile.json=${report}`, `--reporter=${UNCAUGHT_REPORTER}`];
  const code = await run(localTool('vitest'), ['run', ...reporters, ...args], {
    ...env,
    UNCAUGHT_FILE: uncaught,
  });
  return tallyVitest(jsonIn(report), code, jsonIn(uncaught) ?? []);
}

/** @param {string} file */
function jsonIn(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
}

/**
 * Runs Vitest.
 *
 * @param {string[]} args words, each a part of a file's path, and options of Vitest
 * @param {NodeJS.ProcessEnv} [env] added to ours
 * @returns {Promise<import('./tally.mjs').Tally>}
 */
export async function runSuites(args, env) {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-test-'));
  try {
    return await runVitest(folder, ['--reporter=default', ...args], env);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Runs Vitest, and then once more the files with failed tests, one at a time, each in a process of its own.
 *
 * @param {string[]} args as for {@link runSuites}
 * @returns {Promise<import('./tally.mjs').Tally>}
 */
export async function runSuitesAndRepeat(args) {
  return repeatFailures(await runSuites(args), (files) => {
    console.log(`\n▸ Running the files with failed tests again, by themselves: ${files.length}`);
    return runSuites([...files, '--maxWorkers=1', '--isolate']);
  });
}
