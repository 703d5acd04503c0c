import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTool } from './run.mjs';
import { localTool, ROOT } from './workspace.mjs';

/** @typedef {import('./tally.mjs').VitestReport} VitestReport */

/** The lanes of vitest.config.ts that run if nothing else is asked for. */
export const QUICK_LANES = ['--project=quick', '--project=browser'];

/**
 * Runs Vitest and shows its progress.
 *
 * @param {string[]} args words, each a part of a file's path, and options of Vitest
 * @param {NodeJS.ProcessEnv} [env] added to ours
 * @returns {Promise<{ code: number, report: VitestReport | null }>} the report is null if Vitest ended before it wrote one
 */
export async function runVitest(args, env = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-test-'));
  const file = join(folder, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  try {
    const { code } = await runTool(localTool('vitest'), ['run', ...reporters, ...args], {
      cwd: ROOT,
      show: true,
      env,
    });
    return { code, report: existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
