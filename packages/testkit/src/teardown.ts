type End = () => unknown;

/** Vitest, in one of its workers. The fuzzer, the soak and the run in Docker clean up themselves. */
const vitest = process.env.VITEST === undefined ? null : await import('vitest');

const ends: End[] = [];

/**
 * Runs the functions that {@link atEnd} was given outside of tests.
 *
 * @throws AggregateError if some of them fail, after all of them
 */
export async function endFile(): Promise<void> {
  const errors: unknown[] = [];
  for (const end of ends.splice(0).reverse()) {
    try {
      await end();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join('; '));
}

/**
 * Runs `end` after the current test or, if called outside of a test, after the last one of the file. Does nothing in
 * a program that is not a test.
 */
export function atEnd(end: End): void {
  if (vitest === null) return;
  if (vitest.TestRunner.getCurrentTest() === undefined) ends.push(end);
  else vitest.onTestFinished(async () => void (await end()));
}
