// Checks the types, lints, and runs the test files. The last line is always "N passed, N failed".
//
// Usage: npm test                     what takes a few minutes
//        npm test -- word ...         only the test files whose path contains one of the words; no types, no lint
//        npm test -- --all            also the long tests, and the end-to-end run if there is a Docker engine
//        npm test -- --all --no-docker
//
// Any other option goes to Vitest, such as --coverage. CONTRIBUTING.md describes the lanes.
import './lib/require-node.mjs';
import { runEndToEnd } from './lib/end-to-end.mjs';
import { endWithNpm } from './lib/end-with-npm.mjs';
import { answerHelp } from './lib/help.mjs';
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

answerHelp(import.meta.url);
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
