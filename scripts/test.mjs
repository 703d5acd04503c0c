// npm test [-- filter ...] [--kubernetes]: sets up, then lint, types and every suite; with --kubernetes also that of the
// manifests. The last line is always "N passed, N failed".
import './lib/require-node.mjs';
import { checkLint, checkTypes, runSuites } from './lib/checks.mjs';
import { endWithNpm } from './lib/end-with-npm.mjs';
import { paint } from './lib/progress.mjs';
import { sum } from './lib/tally.mjs';
import { ensureChromium, ensureRedisServer } from './lib/test-needs.mjs';
import { ensureInstalled } from './lib/workspace.mjs';

/**
 * @param {string[]} filters
 * @returns {Promise<import('./lib/tally.mjs').Tally>}
 */
async function testAll(filters) {
  try {
    await ensureInstalled();
    await ensureRedisServer();
    process.env.CHROMIUM_PATH = await ensureChromium();
  } catch (error) {
    return { passed: 0, failed: 1, notes: [error instanceof Error ? error.message : String(error)] };
  }
  // Types come first because they compile what the suites run.
  return sum([await checkTypes(), await checkLint(), await runSuites(filters)]);
}

endWithNpm();
const options = process.argv.slice(2);
if (options.includes('--kubernetes')) process.env.TEST_KUBERNETES = '1';
const { passed, failed, notes } = await testAll(options.filter((option) => option !== '--kubernetes'));
if (notes.length > 0)
  console.log(`\n${paint('red', 'What failed:')}\n${notes.map((note) => `- ${note}`).join('\n')}`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
