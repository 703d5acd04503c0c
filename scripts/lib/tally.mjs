/**
 * @typedef {{ status: string, fullName: string }} TestResult
 * @typedef {{ name: string, status: string, message: string, assertionResults: TestResult[] }} FileResult
 * @typedef {{ numPassedTests: number, testResults: FileResult[] }} VitestReport
 * @typedef {{ passed: number, failed: number, notes: string[] }} Tally `notes` names each failure
 */

/**
 * Counts a run of Vitest. Everything that did not pass has failed: also a skipped test, and a file that broke outside
 * its tests.
 *
 * @param {VitestReport | null} report what the JSON reporter wrote; null if it wrote nothing
 * @param {number} code the exit code of Vitest
 * @returns {Tally}
 */
export function tallyVitest(report, code) {
  const passed = report?.numPassedTests ?? 0;
  const notes = (report?.testResults ?? []).flatMap(({ name, status, message, assertionResults }) => {
    const bad = assertionResults.filter((test) => test.status !== 'passed');
    if (bad.length > 0) return bad.map((test) => `${test.status}: ${name} > ${test.fullName}`);
    return status === 'passed' ? [] : [`failed outside its tests: ${name}: ${message.split('\n')[0]}`];
  });
  if (notes.length === 0 && (code !== 0 || passed === 0)) {
    notes.push(`Vitest ended with code ${code} after ${passed} tests, for a reason that is in no test`);
  }
  return { passed, failed: notes.length, notes };
}

/**
 * Prints what failed and, as the last line, `N passed, N failed`; a run in which nothing passed has failed, too.
 *
 * @param {Tally[]} tallies
 * @returns {0 | 1} the code to exit with
 */
export function conclude(tallies) {
  const notes = tallies.flatMap((tally) => tally.notes);
  const passed = tallies.reduce((sum, tally) => sum + tally.passed, 0);
  const failed = tallies.reduce((sum, tally) => sum + tally.failed, 0);
  if (notes.length > 0) console.log(`\nWhat failed:\n${notes.map((note) => `- ${note}`).join('\n')}`);
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}
