/**
 * @typedef {{ status: string, fullName: string }} TestResult
 * @typedef {{ name: string, status: string, message: string, assertionResults: TestResult[] }} FileResult
 * @typedef {{ numPassedTests: number, testResults: FileResult[] }} VitestReport
 * @typedef {{ passed: number, failed: number, notes: string[], failedFiles?: string[], unreliable?: string[] }} Tally `notes`
 *   names each failure, `failedFiles` the files of tests that explain them all, `unreliable` what passed only when it was repeated
 */

/** If more files than this fail, timing is not the cause. */
const MAX_REPEATED_FILES = 5;

/**
 * Counts a run of Vitest. Everything that did not pass has failed: also a skipped test, and a file that broke outside
 * its tests.
 *
 * @param {VitestReport | null} report what the JSON reporter wrote; null if it wrote nothing
 * @param {number} code the exit code of Vitest
 * @param {readonly import('./uncaught-reporter.mjs').Uncaught[]} [uncaught] errors that no test caught
 * @returns {Tally}
 */
export function tallyVitest(report, code, uncaught = []) {
  const passed = report?.numPassedTests ?? 0;
  const results = (report?.testResults ?? []).map((file) => ({ file: file.name, notes: failuresIn(file) }));
  const notes = results.flatMap((result) => result.notes);
  const failedFiles = results.filter((result) => result.notes.length > 0).map(({ file }) => file);
  for (const { file, message } of uncaught) {
    // Without a file: a process that ended, whose file has failed in the report.
    if (file === null) continue;
    notes.push(`not caught by any test: ${file}: ${message.trim().split('\n')[0]}`);
    failedFiles.push(file);
  }
  if (notes.length === 0 && (code !== 0 || passed === 0)) {
    notes.push(`Vitest ended with code ${code} after ${passed} tests, for a reason that is in no test`);
  }
  return { passed, failed: notes.length, notes, failedFiles };
}

/** @param {FileResult} file */
function failuresIn({ name, status, message, assertionResults }) {
  const bad = assertionResults.filter((test) => test.status !== 'passed');
  if (bad.length > 0) return bad.map((test) => `${test.status}: ${name} > ${test.fullName}`);
  return status === 'passed' ? [] : [`failed outside its tests: ${name}: ${message.split('\n')[0]}`];
}

/**
 * Repeats the files that failed, and keeps both results apart: if all of them pass, their failures become `unreliable`; if
 * anything fails again, the first result stands. Does not repeat failures that are in no file or in many.
 *
 * @param {Tally} first
 * @param {(files: string[]) => Promise<Tally>} repeat
 * @returns {Promise<Tally>}
 */
export async function repeatFailures(first, repeat) {
  const files = [...new Set(first.failedFiles ?? [])];
  if (files.length === 0 || files.length > MAX_REPEATED_FILES) return first;
  const { failed } = await repeat(files);
  if (failed > 0) return first;
  return { passed: first.passed + first.failed, failed: 0, notes: [], unreliable: first.notes };
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
  const unreliable = tallies.flatMap((tally) => tally.unreliable ?? []);
  if (unreliable.length > 0) {
    console.log(
      `\nUnreliable, passed only by themselves:\n${unreliable.map((note) => `- ${note}`).join('\n')}`,
    );
  }
  if (notes.length > 0) console.log(`\nWhat failed:\n${notes.map((note) => `- ${note}`).join('\n')}`);
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}
