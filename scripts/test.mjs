// npm test [-- word ...]: with words, only the suites whose path contains one of them, and nothing else; without, also
// types and lint. --all adds the long suites and the end-to-end run. CONTRIBUTING.md describes the lanes.
// Any other option goes to Vitest. The last line is always "N passed, N failed".
import './lib/require-node.mjs';
import { runEndToEnd } from './lib/end-to-end.mjs';
import { endWithNpm } from './lib/end-with-npm.mjs';
import { offerPythonForExamples } from './lib/needs.mjs';
import { step } from './lib/run.mjs';
import { QUICK_LANES, runSuites, runSuitesAndRepeat } from './lib/suites.mjs';
import { conclude } from './lib/tally.mjs';
import { compile, ensureInstalled, localTool } from './lib/workspace.mjs';

/** @typedef {import('./lib/tally.mjs').Tally} Tally */

/**
 * @param {() => Promise<unknown>} work
 * @returns {Promise<Tally>} one passed, or one failed
 */
async function check(work) {
  try {
    await work();
    return { passed: 1, failed: 0, notes: [] };
  } catch (error) {
    return { passed: 0, failed: 1, notes: [error instanceof Error ? error.message : String(error)] };
  }
}

endWithNpm();
const args = process.argv.slice(2);
const words = args.filter((arg) => !arg.startsWith('-'));
const all = args.includes('--all');
const docker = all && !args.includes('--no-docker');
const forVitest = args.filter((arg) => arg.startsWith('-') && arg !== '--all' && arg !== '--no-docker');

/** @type {Tally[]} */
const tallies = [];
const compiled = await check(() => ensureInstalled().then(compile));
if (compiled.failed > 0) {
  tallies.push(compiled);
} else if (words.length > 0) {
  tallies.push(await runSuites([...words, ...forVitest]));
} else {
  await offerPythonForExamples();
  const types = () => step('Checking the types of tests', localTool('tsc'), ['-p', 'tsconfig.test.json']);
  tallies.push(await check(types), await check(() => step('Linting', 'npm', ['run', '--silent', 'lint'])));
  tallies.push(await (all ? runSuitesAndRepeat(forVitest) : runSuites([...QUICK_LANES, ...forVitest])));
  // Last, because a starting engine changes the machine's networks, which disturbs the suites' browsers.
  if (docker) tallies.push(await runEndToEnd());
}
process.exit(conclude(tallies));
