// npm test [-- filter ...] [--kubernetes] [--docker]: sets up, then lint, types and every suite; with --kubernetes also
// that of the manifests, with --docker also the end-to-end run where there is an engine. The last line is always
// "N passed, N failed".
import './lib/require-node.mjs';
import { checkLint, checkTypes, runSuites } from './lib/checks.mjs';
import { runEndToEnd } from './lib/end-to-end.mjs';
import { endWithNpm } from './lib/end-with-npm.mjs';
import { conclude, sum } from './lib/tally.mjs';
import { ensureChromium, ensureRedisServer, offerPythonForExample } from './lib/test-needs.mjs';
import { ensureInstalled } from './lib/workspace.mjs';

/**
 * @param {string[]} filters
 * @param {boolean} docker
 * @returns {Promise<import('./lib/tally.mjs').Tally>}
 */
async function testAll(filters, docker) {
  try {
    await ensureInstalled();
    await ensureRedisServer();
    process.env.CHROMIUM_PATH = await ensureChromium();
    await offerPythonForExample();
  } catch (error) {
    return { passed: 0, failed: 1, notes: [error instanceof Error ? error.message : String(error)] };
  }
  // Types come first because they compile what the suites run, and the end-to-end run last because an engine that
  // starts changes the machine's networks under the suites' browsers.
  const tallies = [await checkTypes(), await checkLint(), await runSuites(filters)];
  if (docker) tallies.push(await runEndToEnd({ engineRequired: false }));
  return sum(tallies);
}

endWithNpm();
const options = process.argv.slice(2);
if (options.includes('--kubernetes')) process.env.TEST_KUBERNETES = '1';
const filters = options.filter((option) => option !== '--kubernetes' && option !== '--docker');
process.exit(conclude(await testAll(filters, options.includes('--docker'))));
