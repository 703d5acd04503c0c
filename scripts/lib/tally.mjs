import { paint } from './progress.mjs';

/**
 * @typedef {{ status: string, title: string, fullName?: string }} TestResult
 * @typedef {{ name: string, status: string, message?: string, assertionResults: TestResult[] }} FileResult
 * @typedef {{ success: boolean, testResults: FileResult[] }} VitestReport
 * @typedef {{ passed: number, failed: number, notes: string[] }} Tally `notes` says of each failure what failed
 */

/**
 * Counts a run of vitest. Whatever did not pass has failed: a skipped or unfinished test too, and a file that broke
 * outside its tests counts as one more.
 *
 * @param {VitestReport | null} report what the JSON reporter wrote; null where it wrote nothing
 * @param {number} exitCode of vitest
 * @returns {Tally}
 */
export function tallyVitest(report, exitCode) {
  /** @type {Tally} */
  const tally = { passed: 0, failed: 0, notes: [] };
  for (const file of report?.testResults ?? []) addFile(tally, file);
  if (report === null) fail(tally, `vitest ended with code ${exitCode} before it could report`);
  else if (tally.passed + tally.failed === 0) fail(tally, 'no test ran');
  else if (tally.failed === 0 && (exitCode !== 0 || !report.success)) {
    fail(tally, `every test passed, yet vitest reports an error outside the tests (code ${exitCode})`);
  }
  return tally;
}

/**
 * @param {Tally} tally is added to
 * @param {FileResult} file
 */
function addFile(tally, file) {
  const before = tally.failed;
  for (const test of file.assertionResults) {
    if (test.status === 'passed') tally.passed += 1;
    else fail(tally, `${test.status}: ${file.name} > ${test.fullName ?? test.title}`);
  }
  if (file.status !== 'passed' && tally.failed === before) {
    fail(
      tally,
      `broken outside its tests: ${file.name}${file.message ? ` (${file.message.split('\n')[0]})` : ''}`,
    );
  }
}

/**
 * @param {Tally} tally is added to
 * @param {string} note
 */
function fail(tally, note) {
  tally.failed += 1;
  tally.notes.push(note);
}

/**
 * One tally of several.
 *
 * @param {Tally[]} tallies
 * @returns {Tally}
 */
export function sum(tallies) {
  return {
    passed: tallies.reduce((total, { passed }) => total + passed, 0),
    failed: tallies.reduce((total, { failed }) => total + failed, 0),
    notes: tallies.flatMap(({ notes }) => notes),
  };
}

/**
 * Prints what failed and, as the last line, `N passed, N failed`; a run in which nothing passed has failed as well.
 *
 * @param {Tally} tally
 * @returns {0 | 1} the code to exit with
 */
export function conclude({ passed, failed, notes }) {
  if (notes.length > 0)
    console.log(`\n${paint('red', 'What failed:')}\n${notes.map((note) => `- ${note}`).join('\n')}`);
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}
