// npm run faults [-- words]: the suites about faults alone, or those of them whose path contains one of the words. The
// last line is always "N passed, N failed".
import './lib/require-node.mjs';
import { endWithNpm } from './lib/end-with-npm.mjs';
import { faultSuites } from './lib/fault-suites.mjs';
import { runVitest } from './lib/suites.mjs';
import { conclude, tallyVitest } from './lib/tally.mjs';
import { compile, ensureInstalled } from './lib/workspace.mjs';

/**
 * @param {string[]} words
 * @returns {Promise<import('./lib/tally.mjs').Tally>}
 */
async function testFaults(words) {
  try {
    const suites = faultSuites(words);
    await ensureInstalled();
    await compile();
    const { code, report } = await runVitest(suites);
    return tallyVitest(report, code);
  } catch (error) {
    return { passed: 0, failed: 1, notes: [error instanceof Error ? error.message : String(error)] };
  }
}

endWithNpm();
process.exit(conclude(await testFaults(process.argv.slice(2))));
