// npm test [-- word ...]: with words, only the suites whose path contains one of them, and nothing else; without, also
// types and lint. --all adds the long suites, coverage and the end-to-end run. CONTRIBUTING.md describes the lanes.
// Any other option goes to Vitest. The last line is always "N passed, N failed".
import './lib/require-node.mjs';
import { checkLint, checkTypes } from './lib/checks.mjs';
import { runEndToEnd } from './lib/end-to-end.mjs';
import { endWithNpm } from './lib/end-with-npm.mjs';
import { QUICK_LANES, runVitest } from './lib/suites.mjs';
import { conclude, sum, tallyVitest } from './lib/tally.mjs';
import { offerPythonForExample } from './lib/test-needs.mjs';
import { compile, ensureInstalled } from './lib/workspace.mjs';

/**
 * @param {{ words: string[], all: boolean, docker: boolean, vitest: string[] }} options
 * @returns {Promise<import('./lib/tally.mjs').Tally>}
 */
async function runTests({ words, all, docker, vitest }) {
  try {
    await ensureInstalled();
    if (words.length > 0) {
      await compile();
      return await runSuites([...words, ...vitest]);
    }
    await offerPythonForExample();
  } catch (error) {
    return { passed: 0, failed: 1, notes: [error instanceof Error ? error.message : String(error)] };
  }
  // Types come first because they compile what the suites run, and the end-to-end run last because an engine that
  // starts changes the machine's networks under the suites' browsers.
  const tallies = [
    await checkTypes(),
    await checkLint(),
    await runSuites([...(all ? [] : QUICK_LANES), ...vitest]),
  ];
  if (docker) tallies.push(await runEndToEnd({ engineRequired: false }));
  return sum(tallies);
}

/**
 * @param {string[]} args for Vitest
 * @returns {Promise<import('./lib/tally.mjs').Tally>}
 */
async function runSuites(args) {
  console.log('▸ Running the suites');
  const { code, report } = await runVitest(args);
  return tallyVitest(report, code);
}

endWithNpm();
const args = process.argv.slice(2);
const all = args.includes('--all');
const isOurs = (/** @type {string} */ arg) => arg === '--all' || arg === '--no-docker';
process.exit(
  conclude(
    await runTests({
      words: args.filter((arg) => !arg.startsWith('-')),
      all,
      docker: all && !args.includes('--no-docker'),
      vitest: args.filter((arg) => arg.startsWith('-') && !isOurs(arg)),
    }),
  ),
);
