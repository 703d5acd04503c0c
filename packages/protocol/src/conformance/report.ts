import type { CaseResult } from './runner.js';

/** Prints a report while the suite runs. */
export interface Reporter {
  result(result: CaseResult): void;
  /** Prints the end of the report and returns the exit code: 0 if all passed, 1 if not or if nothing ran. */
  summary(results: readonly CaseResult[]): number;
}

/** A report with one line per case, and what went wrong below it. */
export function reporter(write: (line: string) => void): Reporter {
  return {
    result({ name, passed, failure, ms }) {
      write(`${passed ? 'ok  ' : 'FAIL'}  ${name} (${Math.round(ms)} ms)`);
      for (const line of failure?.split('\n') ?? []) write(`        ${line}`);
    },
    summary(results) {
      const failed = results.filter(({ passed }) => !passed);
      write('');
      for (const { name } of failed) write(`failed: ${name}`);
      if (results.length === 0) write('No case has such a name; --list prints them all.');
      write(`${results.length - failed.length} passed, ${failed.length} failed`);
      return failed.length === 0 && results.length > 0 ? 0 : 1;
    },
  };
}
