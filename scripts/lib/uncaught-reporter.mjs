// A reporter of Vitest for errors that no test caught, which its JSON report leaves out: writes them as JSON into the file
// UNCAUGHT_FILE.
import { writeFileSync } from 'node:fs';

/** @typedef {{ file: string | null, message: string }} Uncaught `file` is the test file that was running; null if none was */

export default class UncaughtReporter {
  /**
   * @param {unknown} _modules
   * @param {readonly { message: string, VITEST_TEST_PATH?: string }[]} errors
   */
  onTestRunEnd(_modules, errors) {
    const { UNCAUGHT_FILE: file } = process.env;
    if (file === undefined) throw new Error('UNCAUGHT_FILE must name the file to write');
    /** @type {Uncaught[]} */
    const uncaught = errors.map(({ message, VITEST_TEST_PATH: path = null }) => ({ file: path, message }));
    writeFileSync(file, JSON.stringify(uncaught));
  }
}
